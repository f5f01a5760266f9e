#pragma once

#include <fedasio/net/connection.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/wire/standing.hpp>
#include <fedasio/worker/worker.hpp>

#include "worker/lanes.hpp"
#include <cstdint>
#include <memory>
#include <string>

namespace fedasio::worker {

/// One connection to a master, from the hello to its end.
class session {
public:
    enum class end { connection_lost, refused, name_taken, run_over };

    struct verdict {
        end how = end::connection_lost;
        std::string reason;
        bool was_welcome = false;
        bool starved = false; ///< there was no memory for what the master sent
    };

    session(net::runtime& rt, boost::asio::any_io_executor pool, const worker_options& options,
            const log_handler& log, lanes& work);

    net::awaitable<verdict> serve(std::unique_ptr<net::stream> wire);

private:
    net::awaitable<void> introduce();
    net::awaitable<void> measure();
    net::awaitable<void> load(net::frame request, std::uint64_t number);
    net::awaitable<void> ask_trainer_for_model(net::frame request);
    net::awaitable<void> load_at_trainer(net::frame request, std::uint64_t number);
    net::awaitable<void> survey(net::frame request);
    void handle(net::frame request);
    void hear_standing(const wire::standing& told) const;
    void tell_schema(const wire::load& what);
    void take_model(const net::frame& request);
    void take_weights(const net::frame& request);
    void end_with(end how, std::string reason);

    net::runtime& rt_;
    boost::asio::any_io_executor pool_;
    const worker_options& options_;
    const log_handler& log_;
    lanes& work_;
    std::shared_ptr<net::connection> connection_;
    net::nursery children_;
    std::string schema_text_; ///< what was said of it
    std::uint64_t loads_asked_ = 0;
    bool over_ = false;
    verdict verdict_;
};

} // namespace fedasio::worker
