#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace fedasio::dashboard {

/// What a browser asks of runs that are over, and of the one that is not.
struct archive_question {
    enum class kind { runs, run, rounds, clients };

    kind what = kind::runs;
    std::string run;         ///< for all kinds but `runs`
    std::uint32_t round = 0; ///< clients: of this round
};

/// Answers with JSON as in docs/api.md; empty if there is no such run. Throws std::exception if the archive
/// cannot be read.
using archive_reader = std::function<boost::asio::awaitable<std::optional<std::string>>(archive_question)>;

} // namespace fedasio::dashboard
