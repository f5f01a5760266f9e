#pragma once

#include <fedasio/master/roster.hpp>
#include <fedasio/net/clock.hpp>
#include <fedasio/net/gather.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/dealing.hpp"
#include "master/newcomers.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "master/survey.hpp"
#include "master/test_data.hpp"
#include "master/waiting.hpp"
#include <algorithm>
#include <vector>

namespace fedasio::master {

/// Brings clients, data and the model to the workers. What a worker has is not brought again, so that after
/// the first round there is nothing to do until somebody comes or goes.
class preparation {
public:
    preparation(const setting& given, run_state& state, newcomers& coming, waiting& wait, test_data& tests);

    void begin_anew() noexcept { has_advised_ = false; }

    /// Until every client has a worker that is ready for it. Who cannot load leaves clients behind; they are
    /// dealt anew, until `until`. Owners that have just gone get a moment to come back. Throws `cancelled`.
    net::awaitable<void> prepare(net::clock::time_point until);
    /// The same inside another step of the round, whose end no part of it outlasts.
    net::awaitable<void> prepare_within(net::clock::time_point end);
    /// The same in one go, with who is here now.
    net::awaitable<void> prepare_present(net::clock::time_point end);

    /// There is nobody to host any client.
    [[nodiscard]] bool has_nobody() const { return dealing_.dealt() == 0; }

    /// All who could host a client do, or only an owner will do, and nobody is awaited: who waits for a host
    /// waits for somebody to come back.
    [[nodiscard]] bool needs_somebody_back() const;

    void tell_absent_owners() { dealing_.tell_absent_owners(); }

    /// What the plan and the data make probable not to be meant: once a run, when the data is there.
    void advise();

private:
    net::awaitable<void> prepare(net::clock::time_point until, net::clock::time_point end);
    net::awaitable<void> load_datasets(net::clock::time_point end);
    net::awaitable<void> learn_schema(std::vector<worker_ptr> whom, net::clock::time_point end);
    net::awaitable<void> ask_to_load(std::vector<worker_ptr> whom, net::clock::time_point end);
    net::awaitable<void> ask_for_model(net::clock::time_point end);
    net::awaitable<void> use_model(worker& from, nn::model_arrays arrays, net::payload values);
    net::awaitable<void> distribute_model(net::clock::time_point end);

    /// Each request has the plan's deadline, but not over `end`.
    [[nodiscard]] net::clock::time_point deadline_before(net::clock::time_point end) const {
        return std::min(state_.progress.deadline(), end);
    }

    void take_loaded(worker& who, wire::loaded loaded);
    void reject_silent(const std::vector<worker_ptr>& whom, const std::vector<net::gathered>& answers);

    const setting& setting_;
    run_state& state_;
    newcomers& newcomers_;
    waiting& waiting_;
    test_data& tests_;
    dealing dealing_;
    bool has_advised_ = false;
};

} // namespace fedasio::master
