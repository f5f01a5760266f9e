#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace fedasio::history {

using net::awaitable;

struct recorder_options {
    /// Rows that may wait for a disk that is slow or full; what comes on top of them is left out.
    std::size_t most_rows_waiting = 200000;
};

/// Keeps runs, their rounds, what each client did in them, and what people were told, in an SQLite database:
/// a subscriber to a run's events. docs/operations.md describes its tables.
///
/// Rows are written on `pool` when a training begins, when a round is finished, when the training ends and
/// when the recorder ends, all that has come since the last time in one transaction. So a process that dies
/// leaves whole rounds. A round that is done again, after a checkpoint, replaces what was there.
///
/// A database that cannot be written never disturbs the run: `notify` is told once, what could not be written
/// is tried again with the next round, and `notify` is told when it worked again.
///
/// Lives on its runtime's thread.
class recorder {
public:
    using notice_handler = std::function<void(master::noticed::severity, std::string)>;

    /// The file is made with the first row.
    recorder(net::runtime& rt, boost::asio::any_io_executor pool, std::filesystem::path file,
             notice_handler notify, recorder_options options = {});
    ~recorder();
    recorder(const recorder&) = delete;
    recorder& operator=(const recorder&) = delete;

    void take(const master::event& happened);
    /// Writes until cancelled, then what is left. One at a time.
    awaitable<void> run();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace fedasio::history
