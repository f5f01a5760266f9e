#pragma once

#include <fedasio/net/connection.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/trainers/stop_signal.hpp>
#include <fedasio/worker/local_data.hpp>
#include <fedasio/worker/trainer.hpp>
#include <fedasio/worker/worker.hpp>

#include "trainers/process.hpp"
#include "worker/finished_updates.hpp"
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::worker {

/// Where a worker trains and evaluates: one queue, and `threads` lanes that take from it, each with a
/// trainer of its own, so that memory grows with the lanes and not with the clients. They outlive
/// connections: a client that trains when the master goes away goes on, and a master that comes back and asks
/// for the same gets the result.
class lanes {
public:
    /// `options` and `log` must outlive it.
    lanes(net::runtime& rt, boost::asio::any_io_executor pool, const worker_options& options,
          const log_handler& log);

    /// Forgets what an earlier master said.
    void begin_session();
    /// What is worked with from now on; `told` is the master's request for it, as text, and what this
    /// worker found for it.
    void use(std::shared_ptr<const local_data> data, const std::string& told);
    /// Where trainer processes have the data: the request that they were told of it.
    void use(trainers::process_basis::meta data, const std::string& told);
    void use(std::shared_ptr<const training_setup> setup, const std::string& told);
    void use(net::payload weights, std::uint32_t version);

    /// Null before the master has told the data.
    [[nodiscard]] const local_data* data() const noexcept { return data_.get(); }

    /// Null before the master has told the model.
    [[nodiscard]] const training_setup* setup() const noexcept { return setup_.get(); }

    /// Answers a request to train or to evaluate when it is its turn; refuses what is more than a master that
    /// asks as there is room lets wait. Throws text::field_error.
    void take(const net::connection_ptr& asked_by, net::frame request);
    /// Nobody needs what was asked for in this round or before.
    void cancel(std::uint32_t round);
    /// After a connection was lost: drops what nobody waits for, but for clients that train.
    void end_session();
    /// Stops everything and waits for it. Trainer processes are told why.
    net::awaitable<void> end(const ending& how);

    /// What trains, where that is no network of ours; null: it is. The first of them speaks for the data.
    [[nodiscard]] trainers::trainer_process* process() {
        return processes_.empty() ? nullptr : processes_.front().get();
    }

private:
    struct asker {
        net::connection_ptr connection;
        net::frame request;
    };

    /// Where one lane trains: a process, or a trainer that it makes when it is needed.
    struct place {
        trainers::trainer_process* process = nullptr;
        std::unique_ptr<trainer> here = nullptr;
    };

    struct task {
        bool trains = false;
        wire::train what;         ///< of an evaluation likewise
        bool personal = false;    ///< of an evaluation
        evaluation_extent wanted; ///< of an evaluation
        net::payload body;        ///< of the first request: what the client begins with
        std::vector<asker> askers;
        std::shared_ptr<trainers::stop_signal> stop;
        training_basis basis; ///< once it runs

        [[nodiscard]] bool is_wanted() const;
        void refuse(const char* code, const std::string& reason) const;
    };

    net::awaitable<void> lane(std::uint32_t number);
    net::awaitable<void> perform(place& own, task& next);
    net::awaitable<void> train(place& own, task& next);
    net::awaitable<trained> train_anew(place& own, task& next);
    net::awaitable<trained> train_here(place& own, task& next);
    net::awaitable<void> evaluate(place& own, task& next);
    net::awaitable<wire::evaluation> evaluate_here(place& own, task& next);
    [[nodiscard]] trainers::process_basis basis_for_process(const task& next) const;
    trainer& prepare(std::unique_ptr<trainer>& own, const std::shared_ptr<const training_setup>& setup,
                     const std::shared_ptr<const local_data>& data) const;
    net::awaitable<trained> train_there(place& own, task& next);
    net::awaitable<method::client_state> state_for_process(const task& next);
    [[nodiscard]] method::client_state state_for(const training_setup& setup, const task& next) const;
    [[nodiscard]] training_basis basis() const;
    void set_basis();

    net::runtime& rt_;
    boost::asio::any_io_executor pool_;
    const worker_options& options_;
    const log_handler& log_;
    std::shared_ptr<const local_data> data_;
    trainers::process_basis::meta process_data_;
    training_basis::text data_text_;
    std::shared_ptr<const training_setup> setup_;
    training_basis::text model_text_;
    net::payload weights_;
    std::uint32_t weights_version_ = 0;
    finished_updates finished_;
    std::vector<std::unique_ptr<trainers::trainer_process>> processes_; ///< one a lane, or none
    std::deque<task> waiting_;
    std::list<task*> running_;
    net::event work_;
    net::nursery children_;
    bool over_ = false;
};

} // namespace fedasio::worker
