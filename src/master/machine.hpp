#pragma once

#include <fedasio/data/csv.hpp>
#include <fedasio/data/dataset.hpp>
#include <fedasio/master/commands.hpp>
#include <fedasio/master/divergence_watch.hpp>
#include <fedasio/master/evaluation.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/master/model_state.hpp>
#include <fedasio/master/orders.hpp>
#include <fedasio/master/owners.hpp>
#include <fedasio/master/pace.hpp>
#include <fedasio/master/phase_clock.hpp>
#include <fedasio/master/roster.hpp>
#include <fedasio/master/run_record.hpp>
#include <fedasio/master/stranger_log.hpp>
#include <fedasio/master/training_goal.hpp>
#include <fedasio/net/gather.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/store/disk.hpp>
#include <fedasio/wire/evaluate.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/model.hpp>
#include <fedasio/wire/standing.hpp>
#include <fedasio/wire/train.hpp>

#include "master/checkpoints.hpp"
#include "master/model_files.hpp"
#include "master/round_state.hpp"
#include "master/run_state.hpp"
#include "master/test_data.hpp"
#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace fedasio::master {

class plan_folders;
struct evaluation_terms;

/// What is behind `run`: its state machine.
class machine {
public:
    machine(net::runtime& rt, boost::asio::any_io_executor pool, plan::plan plan, run_options options,
            event_source& events);
    ~machine();

    net::awaitable<bool> serve();
    [[nodiscard]] std::string unsafe() const;
    net::awaitable<void> admit(std::unique_ptr<net::stream> wire);
    net::awaitable<command_answer> execute(command what);

    [[nodiscard]] model_files& models() noexcept { return models_; }

    [[nodiscard]] const std::shared_ptr<const data::dataset>& test_set() const noexcept {
        return test_data_.samples();
    }

    void turned_away(std::string what) { strangers_.add(std::move(what)); }

    void notice(noticed::severity level, std::string text) { setting_.notice(level, std::move(text)); }

private:
    /// Why a client is not in the test of a round.
    struct untested {
        std::string reason; ///< a word
        std::string detail;
    };

    /// The test of a round by its clients.
    struct client_test {
        bool personal = false; ///< of the clients' own models
        std::map<client_id, wire::evaluation> results;
        std::map<client_id, untested> absent;
        std::map<client_id, net::clock::time_point> moments; ///< until when its owner may come back
    };

    // run.cpp: the state machine.
    void open(std::optional<initial_model> model);
    void introduce_run();
    net::awaitable<void> train(training_end& end);
    net::awaitable<training_end> run_rounds();
    net::awaitable<bool> one_round(round_state& round);
    net::awaitable<void> pause_point();

    [[nodiscard]] bool is_done() const {
        return goal_.reached(progress_.asked.in_force(), model_.round()).has_value();
    }

    void give_up_round(std::uint32_t round);

    void advise();

    // preparation.cpp, survey.cpp, same_data.cpp, steps.cpp and client_evaluation.cpp: what a round does,
    // each step closed by one gather.
    net::awaitable<void> load_datasets();
    net::awaitable<void> survey_tables(const std::vector<worker_ptr>& whom);
    net::awaitable<void> use_schema(data::csv_schema schema, std::vector<data::owner_summary> owners,
                                    std::vector<std::string> notes);
    void check_schema(const data::csv_schema& schema, std::span<const data::owner_summary> owners) const;
    void compare_data(const std::vector<worker_ptr>& loaded);
    net::awaitable<void> distribute_model();
    void select_cohort(round_state& round);
    std::vector<worker_ptr> receivers_among(std::vector<worker_ptr> hosts);
    [[nodiscard]] net::frame weights_request() const;
    void settle_weights(std::span<const worker_ptr> whom, std::span<const net::gathered> answers);
    net::awaitable<void> train_cohort(round_state& round);
    net::awaitable<std::vector<std::size_t>>
    train_clients(round_state& round, std::vector<std::size_t> places, net::clock::time_point until);
    net::awaitable<std::vector<std::size_t>>
    find_other_hosts(round_state& round, std::vector<std::size_t>& homeless, net::clock::time_point until);
    net::awaitable<void> begin_intake(round_state& round);
    net::awaitable<void> leave_out_of_proportion(round_state& round);
    void leave_out(round_state& round, client_id client, std::string reason, std::string detail);
    void watch_divergence(const round_state& round, const net::payload& base);
    void restore_good_weights();
    static std::vector<worker_ptr> hosts_of(const round_state& round, std::span<const std::size_t> places);
    net::awaitable<std::vector<sent_state>> states_of(std::vector<client_id> clients);
    net::awaitable<void> keep_states(const round_state& round);
    [[nodiscard]] double holdout() const;
    net::awaitable<void> step(round_state& round);
    static void take_losses(round_state& round);
    void take_back();
    net::awaitable<void> evaluate_model(round_state& round);
    net::awaitable<void> evaluate_where_data_is(round_state& round);
    net::awaitable<void> evaluate_personal(round_state& round);
    net::awaitable<bool> ask_clients(round_state& round, client_test& test, net::clock::time_point until);
    net::awaitable<std::vector<client_id>> evaluate_clients(round_state& round,
                                                            std::vector<client_id> clients, client_test& test,
                                                            net::clock::time_point until);
    net::awaitable<bool> find_other_evaluators(const std::vector<client_id>& clients,
                                               net::clock::time_point until);
    net::awaitable<bool> wait_for_owners(const std::vector<client_id>& away, client_test& test,
                                         net::clock::time_point until);
    net::awaitable<void> conclude(round_state& round, client_test& test);
    void add_unreachable(client_test& test) const;
    void tell_absences(std::uint32_t round, const client_test& test);
    [[nodiscard]] evaluation_terms terms_of_evaluations() const;
    void tell_evaluation(std::uint32_t round, const test_result& result,
                         std::span<const std::string> classes);
    [[nodiscard]] wire::load load_request(std::vector<client_id> clients, bool wants_labels) const;
    [[nodiscard]] wire::model model_request() const;
    void settle_pace(const round_state& round);
    void set_state(worker& who, worker_state state);
    void drop(round_state& round, client_id client, const worker_ptr& host, std::string reason,
              std::string detail);

    // dealing.cpp: who hosts which clients.
    net::awaitable<void> prepare_workers(net::clock::time_point until);
    void deal_clients();
    std::map<worker_id, std::vector<client_id>> deal_to_owners();
    std::map<worker_id, std::vector<client_id>> deal_to_all();
    [[nodiscard]] bool can_host(const worker& who) const;
    [[nodiscard]] bool knows_strategy(const worker& who) const;
    [[nodiscard]] bool everybody_hosts() const;
    net::clock::time_point owners_may_return_until();
    void tell_absent_owners();

    // newcomers.cpp: who comes during a training, or could not take part.
    void reject(worker& who, const std::string& reason, bool is_slow = false);
    void tell_standing(worker& who, wire::standing now);
    void offer_place(const worker_ptr& who);
    net::awaitable<void> prove(worker_ptr who);
    [[nodiscard]] bool newcomer_is_awaited() const;
    [[nodiscard]] bool is_expected_back(const std::string& owner) const;
    void stop_awaiting();

    // waiting.cpp: what a training waits for, and for how long.
    net::awaitable<bool> wait_for(bool (machine::*condition)() const, net::clock::time_point deadline);
    net::awaitable<void> wait_for_hosts(net::clock::time_point since);
    void say_idle_in(net::clock::duration pause);
    [[nodiscard]] bool ready_to_start() const;
    [[nodiscard]] bool roster_has_changed() const;
    [[nodiscard]] bool has_clients_enough() const;
    [[nodiscard]] bool is_short_of_usable_owners() const;
    [[nodiscard]] std::string clients_without_samples() const;
    [[nodiscard]] std::string missing_workers() const;
    [[nodiscard]] std::string unusable_workers() const;

    // sites.cpp: who took part, and who is lacking in the result.
    void count_participation(const round_state& round);
    [[nodiscard]] std::vector<site> sites() const;
    [[nodiscard]] site site_of(const worker& who) const;
    [[nodiscard]] std::vector<client_id> unhosted_clients() const;
    [[nodiscard]] static std::string absence_text(std::span<const site> sites);
    [[nodiscard]] bool is_success(std::span<const site> sites) const;

    // admission.cpp: workers that come and go.
    worker_ptr introduce(net::connection& connection, const net::frame& first,
                         const std::string& proved_name);
    void hear(worker& who, const net::frame& message);

    // steering.cpp: what a person asks for.
    net::awaitable<command_answer> carry_out(command what);
    command_answer order_training(const command& what);
    command_answer pause(bool begins);
    command_answer stop(bool now);
    command_answer evict(const command& what);
    command_answer change(const command& what);
    net::awaitable<command_answer> start(std::string text);

    net::awaitable<bool> make_safe();

    setting setting_;
    run_state state_;
    global_model& model_ = state_.model;
    members& members_ = state_.members;
    client_memory& memory_ = state_.memory;
    progress& progress_ = state_.progress;
    test_data test_data_{setting_};
    model_files models_;
    checkpoints checkpoints_;
    std::unique_ptr<const plan_folders> plan_folders_;
    stranger_log strangers_;

    std::size_t dealt_ = 0; ///< clients that some worker was told to host

    training_goal goal_;
    std::map<client_id, std::string> told_absences_; ///< from tests, and why; people know of them
    divergence_watch divergence_;
    bool advised_ = false;                       ///< in this run
    std::stop_source opening_{std::nostopstate}; ///< of another plan's model that is being made
    net::event ordered_;
    net::event resumed_;
    net::event training_over_;
    net::nursery training_;
    net::nursery joining_;          ///< workers that load beside the rounds
    net::clock::duration waited_{}; ///< for workers, since the training or the last round that ended
    std::unique_ptr<net::alarm> idle_line_;
    net::clock::time_point told_waiting_; ///< when it was last said what is waited for
};

} // namespace fedasio::master
