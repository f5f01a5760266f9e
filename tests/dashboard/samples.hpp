#pragma once

#include <fedasio/master/events.hpp>

#include <utility>

/// Events with telling values, for tests.
namespace samples {

using namespace fedasio::master;

inline run_opened opened() {
    run_opened it;
    it.run = "5c0f";
    it.plan = "digits";
    it.plan_digest = "9f";
    it.seed = 7;
    it.clients_planned = 4;
    it.min_workers = 2;
    it.last_round = 15;
    it.target_accuracy = 0.5;
    it.deadline = 600;
    it.fraction = 0.5;
    it.clients_per_round = 2;
    it.has_state_dir = true;
    it.plan_text = R"({"name":"digits"})";
    it.version = "0.1.0";
    it.instruction_set = "x86-64-v3";
    it.models = {"best"};
    return it;
}

inline worker_joined joined(worker_id worker) {
    worker_joined it;
    it.worker = worker;
    it.name = "worker-" + std::to_string(worker);
    it.address = "127.0.0.1:41022";
    it.threads = 3;
    it.capacity = 1;
    it.version = "0.1.0";
    it.instruction_set = "x86-64-v3";
    return it;
}

inline client_updated updated(std::uint32_t round, client_id client, worker_id worker, std::uint64_t samples,
                              double loss, std::optional<double> accuracy) {
    return {round, client, worker, samples, loss, accuracy, 0.25};
}

inline round_result result(std::uint32_t round) {
    round_result it;
    it.round = round;
    it.cohort = {0, 1};
    it.dropped = {{1, "lost"}};
    it.train_loss = 0.5;
    it.train_accuracy = 0.75;
    it.test_loss = 0.25;
    it.seconds[static_cast<std::size_t>(phase::training)] = 2;
    it.seconds[static_cast<std::size_t>(phase::evaluating)] = 0.5;
    it.seconds[static_cast<std::size_t>(phase::waiting)] = 99;
    it.bytes_sent = 100;
    it.bytes_received = 200;
    it.time = 42.5;
    return it;
}

/// A sequence of events without a network.
template <class Board>
class feed {
public:
    explicit feed(Board& into) : into_(into) {}

    void operator()(event::content what, double time = 10) { into_.fold({++seq_, time, std::move(what)}); }

    [[nodiscard]] std::uint64_t last() const { return seq_; }

private:
    Board& into_;
    std::uint64_t seq_ = 0;
};

} // namespace samples
