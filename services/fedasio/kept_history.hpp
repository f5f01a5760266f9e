#pragma once

#include <fedasio/history/recorder.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/thread_pool.hpp>

#include <boost/asio/io_context.hpp>

#include <filesystem>

namespace fedasio::steering {

/// Keeps what is simulated in the history of a folder, like a master, so that the page can show it. It is
/// written while it lives, round by round, and to the end when it goes.
class kept_history {
public:
    explicit kept_history(const std::filesystem::path& folder);
    ~kept_history();
    kept_history(const kept_history&) = delete;
    kept_history& operator=(const kept_history&) = delete;

    void take(const master::event& happened);

private:
    boost::asio::io_context context_{1};
    net::system_runtime rt_{context_};
    net::thread_pool pool_{1};
    history::recorder recorder_;
    net::nursery writing_;
};

} // namespace fedasio::steering
