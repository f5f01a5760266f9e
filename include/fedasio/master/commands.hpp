#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fedasio::master {

/// What a person can ask of a run; `docs/api.md` says what each does.
struct command {
    enum class kind { train, pause, resume, stop, save, load };

    kind what = kind::train;
    std::optional<std::uint32_t> rounds;   ///< train: 1 or more
    std::optional<double> target_accuracy; ///< train: over 0, at most 1
    std::string name;                      ///< save, load
};

constexpr std::string_view to_string(command::kind what) noexcept {
    switch (what) {
    case command::kind::train:
        return "train";
    case command::kind::pause:
        return "pause";
    case command::kind::resume:
        return "resume";
    case command::kind::stop:
        return "stop";
    case command::kind::save:
        return "save";
    case command::kind::load:
        return "load";
    }
    return "unknown";
}

struct command_answer {
    bool accepted = false;
    std::string message; ///< what happens now, or why it was refused
};

using command_handler = std::function<boost::asio::awaitable<command_answer>(command)>;

} // namespace fedasio::master
