#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/plan/plan.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace fedasio::master {

/// What a run is given. The parts of the run only read it, and it stays while its plan is run; another plan
/// takes the place of this one while no training goes on.
struct setting {
    net::runtime& rt;
    boost::asio::any_io_executor pool;
    event_source& events;
    run_options options;
    plan::plan plan;
    std::string plan_digest;

    /// Each worker brings data of its own.
    [[nodiscard]] bool is_local() const { return plan.partition.type == data::partition_spec::scheme::local; }

    [[nodiscard]] bool is_table() const { return std::holds_alternative<data::csv_source>(plan.source); }

    [[nodiscard]] bool keeps_checkpoints() const {
        return plan.checkpoint_every != 0 && !options.state_dir.empty();
    }

    [[nodiscard]] std::filesystem::path checkpoint_dir() const { return options.state_dir / "checkpoints"; }

    void notice(noticed::severity level, std::string text) const {
        events.publish(noticed{level, std::move(text)});
    }

    /// As net::offload().
    template <class Job>
    [[nodiscard]] auto offload(Job job) const {
        return net::offload(rt, pool, std::move(job));
    }
};

} // namespace fedasio::master
