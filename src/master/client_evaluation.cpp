#include <fedasio/federation/limits.hpp>
#include <fedasio/federation/messages.hpp>
#include <fedasio/master/run.hpp>

#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include <algorithm>
#include <numeric>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = federation::message_type;

} // namespace

/// Lets these clients evaluate, and adds what they find to `results`; returns those whose worker was lost.
net::awaitable<std::vector<client_id>>
run::evaluate_clients(const round_state& round, std::vector<client_id> clients,
                      std::map<client_id, federation::evaluation>& results, net::clock::time_point until) {
    std::vector<worker_ptr> hosts;
    std::vector<client_id> lost;
    std::erase_if(clients, [&](client_id client) {
        auto host = roster_.host_of(client);
        const bool ready = host && host->has_model;
        if (ready) {
            hosts.push_back(std::move(host));
        } else {
            lost.push_back(client);
        }
        return !ready;
    });
    co_await distribute_weights(hosts);
    const auto counts = confusion_counts();
    const auto limits = federation::limits::evaluation(counts);
    std::vector<net::connection_ptr> peers;
    for (const auto& host : hosts) {
        peers.push_back(host->connection);
    }
    auto make = [&, version = weights_version_](std::size_t i) {
        const federation::evaluate request{round.result.round, clients[i], version, counts > 0};
        return net::frame(message_type::evaluate, federation::to_meta(request));
    };
    auto on_reply = [&](std::size_t i, net::frame& reply) -> std::string {
        const auto result = federation::read_evaluation(reply.meta);
        if (result.client != clients[i] || result.samples > hosts[i]->hosted[clients[i]].held_out) {
            return "it is not the evaluation that was asked for";
        }
        const auto sum = std::reduce(result.confusion.begin(), result.confusion.end());
        if (!result.confusion.empty() && (result.confusion.size() != counts || sum != result.samples)) {
            return "its confusion matrix is not that of its samples";
        }
        results[clients[i]] = result;
        return {};
    };
    const auto answers = co_await net::gather(rt_, std::move(peers), std::move(make), limits,
                                              net::gather_policy(until), on_reply);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        const auto how = answers[i].result;
        if (how == net::outcome::lost) {
            lost.push_back(clients[i]);
        } else if (how != net::outcome::reply && how != net::outcome::cancelled) {
            notice(noticed::severity::warning, "round " + std::to_string(round.result.round) +
                                                   " was evaluated without client " +
                                                   std::to_string(clients[i]) + ": " + describe(answers[i]));
        }
    }
    co_return lost;
}

/// Cells of a confusion matrix; 0: nobody makes one.
std::size_t run::confusion_counts() const {
    const auto classes = network_->output().size();
    return federation::is_regression(plan_) || classes > federation::limits::shown_classes
               ? 0
               : classes * classes;
}

/// Without test data at the master, every client evaluates the new weights on what it holds out. Whose worker
/// is lost does so where another worker can do it, as in train_cohort().
net::awaitable<void> run::evaluate_where_data_is(round_state& round) {
    const auto until = deadline();
    std::map<client_id, federation::evaluation> results;
    // Data that every worker reaches needs any worker.
    bool cancelled = co_await net::is_cancelled();
    bool waits = !is_local();
    while (waits && !cancelled) {
        co_await prepare_workers(until);
        waits = dealt_ == 0;
        if (waits) {
            roster_.changed().reset();
            waits = co_await wait_for(&run::roster_has_changed, until);
        }
        cancelled = co_await net::is_cancelled();
    }
    enter(phase::evaluating);
    std::vector<client_id> open;
    for (const auto& [client, counts] : roster_.hosted_clients()) {
        if (counts.held_out > 0) {
            open.push_back(client);
        }
    }
    for (;;) {
        open = co_await evaluate_clients(round, open, results, until);
        cancelled = co_await net::is_cancelled();
        if (open.empty() || is_local() || cancelled || rt_.time.now() >= until) {
            break;
        }
        co_await prepare_workers(until);
        if (dealt_ == 0) {
            roster_.changed().reset();
            co_await wait_for(&run::roster_has_changed, until);
        } else if (std::ranges::none_of(open,
                                        [&](auto client) { return roster_.host_of(client) != nullptr; })) {
            break; // nobody has room for them
        }
        enter(phase::evaluating);
    }
    if (cancelled) {
        co_return;
    }
    for (const auto client : open) {
        notice(noticed::severity::warning, "round " + std::to_string(round.result.round) +
                                               " was evaluated without client " + std::to_string(client) +
                                               ": its worker was lost");
    }
    const auto counts = confusion_counts();
    test_result total;
    total.regression = federation::is_regression(plan_);
    total.confusion.resize(counts);
    for (const auto& [client, result] : results) {
        total.samples += result.samples;
        total.loss_sum += result.loss_sum;
        total.correct += result.correct;
        // One that is not told would make a matrix of who knows which part.
        if (result.confusion.empty() && result.samples > 0) {
            total.confusion.clear();
        }
        for (std::size_t k = 0; k < std::min(total.confusion.size(), result.confusion.size()); ++k) {
            total.confusion[k] += result.confusion[k];
        }
    }
    round.result.test_loss = total.loss();
    round.result.test_accuracy = total.accuracy();
    tell_evaluation(round.result.round, total, schema_ ? schema_->classes : std::vector<std::string>());
}

} // namespace fedasio::master
