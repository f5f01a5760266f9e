#pragma once

#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fedasio::master {

/// What a person can ask of a run; `docs/api.md` says what each does.
struct command {
    enum class kind { train, pause, resume, stop, save, load, evict, change, start };

    kind what = kind::train;
    std::optional<std::uint32_t> rounds;   ///< train: so many more; change: the last one in all
    std::optional<double> target_accuracy; ///< train, change: over 0, at most 1
    bool no_target = false;                ///< change: there is no target from now on
    bool now = false;                      ///< stop: the open round is given up
    std::string name;                      ///< save, load: of the model; evict: of the worker
    std::uint32_t worker = 0;              ///< evict, when the worker is not named
    std::optional<double> deadline;        ///< change: seconds
    std::optional<double> fraction;        ///< change
    std::string plan;                      ///< start: the text of a plan
};

inline constexpr std::array<std::string_view, 9> command_names{"train", "pause", "resume", "stop", "save",
                                                               "load",  "evict", "change", "start"};

constexpr std::string_view to_string(command::kind what) noexcept {
    return command_names[static_cast<std::size_t>(what)];
}

struct command_answer {
    bool accepted = false;
    std::string message; ///< what happens now, or why it was refused
};

using command_handler = std::function<boost::asio::awaitable<command_answer>(command)>;

} // namespace fedasio::master
