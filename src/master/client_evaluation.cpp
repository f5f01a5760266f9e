#include "master/client_evaluation.hpp"

#include <fedasio/plan/limits.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/message_type.hpp>

#include <boost/json/object.hpp>

#include "master/sending.hpp"
#include "master/standing.hpp"
#include <utility>

namespace fedasio::master {
namespace {

// What a lie is called in the report.
constexpr auto invalid = "invalid";

} // namespace

evaluation_terms terms_of_evaluations(const setting& given, const global_model& model) {
    evaluation_terms terms;
    terms.is_open = plan::is_for_trainer(given.plan.source);
    if (terms.is_open) {
        return terms;
    }
    terms.classes = plan::is_regression(given.plan) ? 0 : model.network()->output().size();
    terms.cross_entropy = given.plan.model.objective == nn::loss::cross_entropy;
    const nn::score_counts scores(terms.classes);
    terms.score_cells = scores.histograms() * scores.bins();
    terms.histogram = terms.classes == 0 && model.schema() && model.schema()->standardize;
    return terms;
}

client_evaluation::client_evaluation(const setting& given, run_state& state, newcomers& coming,
                                     round_state& round, client_test& test)
    : setting_(given), state_(state), newcomers_(coming), round_(round), test_(test),
      terms_(terms_of_evaluations(given, state.model)) {}

net::awaitable<std::vector<client_id>> client_evaluation::gather(std::vector<client_id> clients,
                                                                 net::clock::time_point until) {
    std::vector<worker_ptr> hosts;
    for (const auto client : clients) {
        const auto host = state_.members.roster.host_of(client);
        if (host && host->has_model) {
            asked_.push_back({client, host, host->data.hosted().at(client).held_out, {}});
            hosts.push_back(host);
        } else {
            lost_.push_back(client);
        }
    }
    const auto shown = terms_.classes <= plan::limits::shown_classes ? terms_.classes : 0;
    const auto limits = wire::limits::evaluation(shown * shown, terms_.score_cells);
    receivers_ = receivers_among(setting_, state_.model, std::move(hosts));
    std::vector<net::connection_ptr> peers;
    for (const auto& who : receivers_) {
        peers.push_back(who->connection);
    }
    std::vector<client_id> asked;
    for (const auto& one : asked_) {
        peers.push_back(one.host->connection);
        asked.push_back(one.client);
    }
    if (test_.personal || !state_.model.state().own.empty()) {
        auto states = co_await states_of(setting_, state_, std::move(asked));
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            asked_[i].kept = std::move(states[i]);
        }
    }
    net::request_maker make = [this](std::size_t index) { return request(index); };
    net::reply_handler on_reply = [this](std::size_t index, net::frame& reply) {
        return judge(index, reply);
    };
    const net::gather_policy policy(until);
    const auto answers = co_await net::gather(setting_.rt, std::move(peers), std::move(make), limits, policy,
                                              std::move(on_reply));
    settle(answers);
    co_return std::move(lost_);
}

net::frame client_evaluation::request(std::size_t index) const {
    const auto first = receivers_.size();
    if (index < first) {
        return weights_request(state_.model);
    }
    const auto& asked = asked_[index - first];
    const bool shows_classes = terms_.classes > 0 && terms_.classes <= plan::limits::shown_classes;
    wire::evaluate request{round_.result.round, asked.client, state_.model.version(),
                           shows_classes && !test_.personal, terms_.score_cells > 0 && !test_.personal};
    request.histogram = terms_.histogram && !test_.personal;
    request.personal = test_.personal;
    request.state_round = asked.kept.round;
    request.state = asked.kept.listed;
    return net::frame(wire::message_type::evaluate, wire::to_meta(request), asked.kept.body);
}

std::string client_evaluation::judge(std::size_t index, const net::frame& reply) {
    const auto first = receivers_.size();
    if (index < first) {
        set_state(setting_, *receivers_[index], worker_state::ready);
        return {};
    }
    const auto& asked = asked_[index - first];
    auto result = wire::read_evaluation(reply.meta);
    if (result.client != asked.client) {
        return "it is not the evaluation that was asked for";
    }
    auto terms = terms_;
    terms.held_out = asked.held_out;
    auto objection = objection_to(result, terms);
    if (objection.empty()) {
        test_.results[asked.client] = std::move(result);
    }
    return objection;
}

void client_evaluation::settle(const std::vector<net::gathered>& answers) {
    settle_weights(newcomers_, receivers_, answers);
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        const auto& [how, code, reason, withdrawn] = answers[receivers_.size() + i];
        const auto client = asked_[i].client;
        if (how == net::outcome::timed_out) {
            round_.late.insert(asked_[i].host->hello.name);
        }
        if (how == net::outcome::lost) {
            lost_.push_back(client);
        } else if (how == net::outcome::refused && code == invalid) {
            test_.absent[client] = {invalid, reason};
        } else if (how != net::outcome::reply) {
            test_.absent[client] = {net::to_string(how), reason};
        }
    }
}

} // namespace fedasio::master
