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

class kept_models;
struct kept_model;
class plan_folders;
struct round_state;
struct sent_state;
class client_memory;
struct evaluation_terms;
struct initial_model;

struct run_options {
    std::uint32_t min_workers = 1;
    bool autostart = false;      ///< train the plan's rounds as soon as there are workers enough
    bool exit_when_done = false; ///< `serve` ends after the first training
    bool resume = false;         ///< go on from the latest checkpoint of this plan, if there is one
    std::filesystem::path state_dir = "fedasio-state"; ///< empty: no checkpoints
    std::size_t keep_checkpoints = 3;                  ///< the latest ones; at least 1
    /// Each training's last model goes into this file, however the training ends; empty: nowhere.
    std::filesystem::path save_to;
    /// Folders whose files, at any depth, a plan that comes with `start` may name as its test files, besides
    /// those that lie beside the first plan's; never inside state_dir.
    std::vector<std::filesystem::path> plan_folders;
    bool workers_on_this_machine = false;      ///< then its training files count like its test files
    store::disk* disk = &store::system_disk(); ///< where checkpoints and models are written
    net::connection_options connection;
    /// What this machine lets a process have: a model that needs more is refused. 0: not known.
    std::uint64_t memory_bytes = 0;
    /// Measure how the updates of each round differ from their mean (`updates_compared`). The weights do not
    /// depend on it. With more than 2,000 clients in a cohort it is left out.
    bool compare_updates = true;
    /// A training that could do nothing for so long, in all since its last round, has failed.
    net::clock::duration patience = std::chrono::minutes(5);
};

/// The global weights as a safetensors file.
struct model_copy {
    std::string plan; ///< its name
    std::uint32_t round = 0;
    std::string bytes;
};

/// One run of a plan, from its first worker to its last round, and then that of the next plan that a command
/// brings; the workers stay. `serve` is the state machine: it reads like
/// the protocol, a step a line (src/master/run.cpp), and the steps themselves are in
/// src/master/preparation.cpp (data and model to the workers), src/master/steps.cpp (the round) and
/// src/master/client_evaluation.cpp.
/// Lives on its runtime's thread; heavy work goes to `pool`. Everything that happens is published to
/// `events`, and to nothing else.
class run {
public:
    run(net::runtime& rt, boost::asio::any_io_executor pool, plan::plan plan, run_options options,
        event_source& events);
    run(const run&) = delete;
    run& operator=(const run&) = delete;
    ~run();

    /// Serves trainings one after the other until cancelled, or until the first is over with
    /// `exit_when_done`. False if the training that it ended with had failed, if its model could not be
    /// saved, or if its weights are not safe.
    net::awaitable<bool> serve();
    /// Why the global weights would be lost with this process: no checkpoint of them could be written. Empty
    /// if they are on disk, or nobody wants them there.
    [[nodiscard]] std::string unsafe() const;
    /// Serves one worker from its hello to its end: the session of a net::listener.
    net::awaitable<void> admit(std::unique_ptr<net::stream> wire);
    net::awaitable<command_answer> execute(command what);
    /// Writes the global weights to any file, in the form of a saved model. Throws std::exception.
    net::awaitable<void> save_to(std::filesystem::path file);
    /// Empty while there is no model.
    net::awaitable<std::optional<model_copy>> copy_model();

    /// What the global model is tested with; null before it is loaded, and where clients test.
    [[nodiscard]] std::shared_ptr<const data::dataset> test_set() const noexcept { return test_set_; }

    /// A peer that did not become a worker, and why; of many only their number is told.
    void turned_away(std::string what) { strangers_.add(std::move(what)); }

    /// Something outside the run that people should see.
    void notice(noticed::severity level, std::string text);

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
    void open(plan::plan plan, std::optional<initial_model> model);
    void introduce_run();
    net::awaitable<void> train(training_end& end);
    net::awaitable<training_end> run_rounds();
    net::awaitable<bool> one_round(round_state& round);
    net::awaitable<void> pause_point();
    void enter(phase next);

    [[nodiscard]] bool is_done() const { return goal_.reached(orders_.in_force(), round_).has_value(); }

    void give_up_round(std::uint32_t round);

    void advise();

    // preparation.cpp, survey.cpp, same_data.cpp, steps.cpp and client_evaluation.cpp: what a round does,
    // each step closed by one gather.
    net::awaitable<void> load_datasets();
    net::awaitable<void> survey_tables(const std::vector<worker_ptr>& whom);
    net::awaitable<void> use_schema(data::csv_schema schema, std::vector<data::owner_summary> owners,
                                    std::vector<std::string> notes);
    void check_schema(const data::csv_schema& schema, std::span<const data::owner_summary> owners) const;
    net::awaitable<void> load_test_set();
    net::awaitable<void> refresh_test_set();
    [[nodiscard]] std::string test_files_identity() const;
    void compare_data(const std::vector<worker_ptr>& loaded);
    net::awaitable<void> distribute_model();
    [[nodiscard]] std::uint32_t clients_per_round() const;
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
    void take_back(round_state& round);
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
    [[nodiscard]] double label_unit() const;
    void tell_evaluation(std::uint32_t round, const test_result& result,
                         std::span<const std::string> classes);
    void take(initial_model model);
    [[nodiscard]] initial_model make_model_for(const data::csv_schema& schema,
                                               const std::function<bool()>& unwanted = {}) const;
    [[nodiscard]] wire::load load_request(std::vector<client_id> clients, bool wants_labels) const;
    [[nodiscard]] wire::model model_request() const;
    void settle_pace(const round_state& round);
    void set_state(worker& who, worker_state state);
    void drop(round_state& round, client_id client, const worker_ptr& host, std::string reason,
              std::string detail);
    [[nodiscard]] net::clock::time_point deadline() const;
    [[nodiscard]] net::clock::duration patience_of_round() const;
    [[nodiscard]] bool is_local() const;
    [[nodiscard]] bool is_table() const;

    // dealing.cpp: who hosts which clients.
    net::awaitable<void> prepare_workers(net::clock::time_point until);
    void deal_clients();
    std::map<worker_id, std::vector<client_id>> deal_to_owners();
    std::map<worker_id, std::vector<client_id>> deal_to_all();
    [[nodiscard]] bool can_host(const worker& who) const;
    [[nodiscard]] bool knows_strategy(const worker& who) const;
    [[nodiscard]] bool everybody_hosts() const;
    [[nodiscard]] std::uint32_t clients_total() const;
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
    net::awaitable<bool> wait_for(bool (run::*condition)() const, net::clock::time_point deadline);
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
    void recall_participation(std::span<const round_result> rounds);
    [[nodiscard]] std::vector<site> sites() const;
    [[nodiscard]] site site_of(const worker& who) const;
    [[nodiscard]] std::vector<client_id> unhosted_clients() const;
    [[nodiscard]] static std::string absence_text(std::span<const site> sites);
    [[nodiscard]] bool is_success(std::span<const site> sites) const;
    [[nodiscard]] std::string name_of(client_id client) const;

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
    [[nodiscard]] round_place place() const;

    // storage.cpp: models and checkpoints.
    [[nodiscard]] std::map<std::string, std::string> model_metadata() const;
    net::awaitable<command_answer> save(std::string name);
    net::awaitable<command_answer> load(std::string name);
    net::awaitable<void> keep_best_model();
    net::awaitable<void> keep_last_model();
    net::awaitable<std::filesystem::path> keep(const kept_model& model);
    net::awaitable<void> save_last_model();
    net::awaitable<command_answer> load_before_data(std::string name, std::filesystem::path path);
    void tell_loaded(const std::string& name);
    net::awaitable<void> checkpoint();
    net::awaitable<bool> make_safe();
    void restore();
    void take_orders_up(std::vector<plan_changed>& made);

    [[nodiscard]] bool keeps_checkpoints() const;

    [[nodiscard]] std::filesystem::path checkpoint_dir() const { return options_.state_dir / "checkpoints"; }

    net::runtime& rt_;
    boost::asio::any_io_executor pool_;
    plan::plan plan_;
    std::string plan_digest_;
    run_options options_;
    event_source& events_;
    std::unique_ptr<const plan_folders> plan_folders_;
    roster roster_;
    owners owners_; ///< partition `local`
    stranger_log strangers_;

    std::optional<nn::network> network_;
    model_state model_;
    std::unique_ptr<client_memory> memory_;
    std::uint32_t weights_version_ = 0;
    std::optional<data::csv_schema> schema_;
    std::shared_ptr<const data::dataset> test_set_;
    std::string test_set_identity_; ///< of its files when they were read
    std::map<std::string, std::uint32_t>
        rounds_of_;                   ///< by name: rounds of the run in which an update counted
    std::vector<client_id> unhosted_; ///< clients that had no worker when the last cohort was chosen
    pace pace_;
    std::size_t dealt_ = 0; ///< clients that some worker was told to host

    phase_clock phase_;
    std::uint32_t round_ = 0; ///< the weights are those of this round
    std::uint32_t running_round_ = 0;
    bool in_round_ = false; ///< `running_round_` has begun and is not finished
    orders orders_;
    training_goal goal_;
    std::map<client_id, std::string> told_absences_; ///< from tests, and why; people know of them
    divergence_watch divergence_;
    run_record record_;
    std::uint32_t checkpoint_round_ = 0; ///< the last one that is safe on disk
    std::unique_ptr<kept_models> kept_;
    std::mutex model_files_;                     ///< held on the pool by who writes one
    bool save_failed_ = false;                   ///< of the last training, into options_.save_to
    std::size_t own_checkpoints_ = 0;            ///< that this process wrote of the run
    std::string checkpoint_problem_;             ///< of the last attempt to write one
    bool loaded_once_ = false;                   ///< some worker could use its data in this training
    bool begun_ = false;                         ///< it has had a cohort
    bool advised_ = false;                       ///< in this run
    bool saving_ = false;                        ///< two must not write the same file at the same time
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
