#pragma once

#include <fedasio/master/run.hpp>
#include <fedasio/net/listener.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/worker/worker.hpp>

#include "sim/scenario.hpp"
#include "sim/trial.hpp"
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace fedasio::sim {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using net::awaitable;

/// A promise that was not kept.
class broken_promise : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

/// One federation, from its first process to its last.
class trial {
public:
    trial(std::uint64_t seed, const fs::path& folder, oracles& known, bool trace)
        : world_(seed), scenario_(choose(world_.chosen, folder)), folder_(folder), network_(world_),
          disk_(world_, folder / "disk"), trace_(trace),
          checker_(scenario_.local ? nullptr : &known.of(scenario_.plan), scenario_.exact,
                   longest_round(scenario_)) {}

    verdict run();

private:
    struct master_process;
    struct worker_process;

    process& new_process(const std::string& name) {
        return *processes_.emplace_back(std::make_unique<process>(world_, name));
    }

    void start_master();
    void start_worker(std::size_t number);
    static awaitable<void> master_main(trial& in, master_process& me);
    static awaitable<void> worker_main(trial& in, worker_process& me);
    net::handshake prove(process& me, net::side own) const;
    std::function<net::buffer(std::size_t)> make_body();

    void plan_faults();
    void one_fault();
    void kill_master(bool power_fails);
    void kill_worker(std::size_t number);
    void end_master();
    void end_worker(std::size_t number);
    void end_everybody();
    void ask_to_end(process& who, const std::shared_ptr<net::nursery>& main);
    void order(master::command::kind what, std::string name = {});
    void end_faults();
    void pump();
    void check_end();
    void tell(const std::string& what) const;

    world world_;
    // Of all that ever lived: what others hold of theirs may go after them.
    std::vector<std::unique_ptr<process>> processes_;
    scenario scenario_;
    fs::path folder_;
    network network_;
    disk disk_;
    bool trace_;
    checker checker_;
    std::unique_ptr<master_process> master_;
    std::vector<std::unique_ptr<worker_process>> workers_;
    bool faults_over_ = false;
    std::string gave_up_; ///< the first worker that did, and why
    bool done_ = false;
    verdict verdict_;
};

struct trial::master_process {
    explicit master_process(trial& in) : self(in.new_process("master")), events(self.runtime().time) {}

    process& self;
    master::event_source events;
    std::unique_ptr<master::run> run;
    std::unique_ptr<net::listener> listener;
    std::unique_ptr<net::nursery> everybody;
    std::shared_ptr<net::nursery> main;
    std::size_t disk_failures_before = 0;
    bool was_asked_to_end = false;
    bool over = false;
    bool succeeded = false;
};

struct trial::worker_process {
    worker_process(trial& in, std::size_t which) : number(which), self(in.new_process(owners[which])) {}

    std::size_t number;
    process& self;
    std::shared_ptr<net::nursery> main;
    bool over = false;
    worker::ending end;
};

} // namespace fedasio::sim
