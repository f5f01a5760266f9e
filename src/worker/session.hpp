#pragma once

#include <fedasio/net/connection.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/worker/local_data.hpp>
#include <fedasio/worker/worker.hpp>
#include <fedasio/worker/workspace.hpp>

#include "worker/finished_updates.hpp"
#include <atomic>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace fedasio::worker {

/// One connection to a master, from the hello to its end. Requests to train and to evaluate wait in one
/// queue; `threads` lanes take from it, each with a workspace of its own, so memory grows with the lanes and
/// not with the clients.
class session {
public:
    enum class end { connection_lost, refused, name_taken, run_over };

    struct verdict {
        end how = end::connection_lost;
        std::string reason;
        bool was_welcome = false;
    };

    /// `data` is what an earlier session loaded, and is left with what this one loads; `finished` likewise
    /// holds what was trained.
    session(net::runtime& rt, boost::asio::any_io_executor pool, const worker_options& options,
            const log_handler& log, std::shared_ptr<const local_data>& data, finished_updates& finished);

    net::awaitable<verdict> serve(std::unique_ptr<net::stream> wire);

private:
    struct task {
        net::frame request;
        std::uint32_t round = 0;
        std::uint32_t client = 0;
        std::uint32_t version = 0;
        std::shared_ptr<std::atomic<bool>> stop;
    };

    net::awaitable<void> introduce();
    net::awaitable<void> measure();
    net::awaitable<void> lane();
    net::awaitable<void> perform(std::optional<workspace>& own, const task& what);
    net::awaitable<void> load(net::frame request);
    net::awaitable<void> survey(net::frame request);
    void handle(net::frame request);
    void take_model(const net::frame& request);
    void take_weights(const net::frame& request);
    void set_basis();
    void enqueue(net::frame request);
    void cancel(std::uint32_t round);
    void end_with(end how, std::string reason);

    net::runtime& rt_;
    boost::asio::any_io_executor pool_;
    const worker_options& options_;
    const log_handler& log_;
    std::shared_ptr<const local_data>& data_;
    finished_updates& finished_;
    std::shared_ptr<net::connection> connection_;
    std::shared_ptr<const training_setup> setup_;
    std::string data_text_;
    std::string model_text_;
    net::payload weights_;
    std::uint32_t weights_version_ = 0;
    std::deque<task> waiting_;
    std::list<task*> running_;
    net::event work_;
    net::nursery children_;
    bool over_ = false;
    verdict verdict_;
};

} // namespace fedasio::worker
