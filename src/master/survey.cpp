#include "master/survey.hpp"

#include <fedasio/net/offload.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/survey.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "master/answers.hpp"
#include "master/cancelled.hpp"
#include "master/initial_model.hpp"
#include "master/run_failed.hpp"
#include <map>
#include <utility>

namespace fedasio::master {
namespace {

namespace message_type = wire::message_type;

// What a request to load has beside plan and schema: numbers, and those of a client.
constexpr std::size_t bytes_of_load = 1024;
constexpr std::size_t bytes_of_client = 8;

} // namespace

net::awaitable<std::optional<surveyed>> survey_tables(const setting& given, newcomers& coming,
                                                      std::vector<worker_ptr> whom,
                                                      net::clock::time_point until) {
    const auto& source = std::get<data::csv_source>(given.plan.source);
    const bool regression = plan::is_regression(given.plan);
    // With `local` every owner has rows of its own; otherwise all see the same file and one summary is
    // enough.
    const std::size_t wanted = given.is_local() ? whom.size() : 1;
    std::map<client_id, std::pair<worker_ptr, data::csv_summary>> summaries;
    std::vector<net::call> calls;
    for (const auto& who : whom) {
        const wire::survey request{given.plan.source, regression};
        calls.emplace_back(who->connection, net::frame(message_type::survey, wire::to_meta(request)),
                           wire::limits::summary);
    }
    auto on_reply = [&](std::size_t index, net::frame& reply) -> std::string {
        summaries[whom[index]->data.assigned().front()] = {whom[index], wire::read_summary(reply.meta)};
        return {};
    };
    const net::gather_policy policy(until, wanted);
    const auto answers = co_await net::gather(given.rt, std::move(calls), policy, on_reply);
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].result == net::outcome::refused || answers[i].result == net::outcome::timed_out) {
            coming.reject(*whom[i], why_left_out(answers[i]), answers[i].result == net::outcome::timed_out);
        }
    }
    co_await throw_if_cancelled();
    if (summaries.empty()) {
        co_return std::nullopt;
    }
    std::vector<worker_ptr> hosts;
    std::vector<data::owner_summary> owners;
    for (auto& [client, told] : summaries) {
        hosts.push_back(told.first);
        owners.push_back({told.first->hello.name, std::move(told.second)});
        if (owners.size() == wanted) {
            break;
        }
    }
    // Hundreds of owners with thousands of categories keep a core busy.
    auto job = [&] { return data::merge_owners(owners, source, regression); };
    auto merged = co_await given.offload(std::move(job));
    for (const auto& [place, reason] : merged.excluded) {
        coming.reject(*hosts[place], reason);
    }
    for (auto one = merged.excluded.rbegin(); one != merged.excluded.rend(); ++one) {
        owners.erase(owners.begin() + static_cast<std::ptrdiff_t>(one->place));
    }
    if (!merged.schema) {
        co_return std::nullopt;
    }
    co_return surveyed{*std::move(merged.schema), std::move(owners), std::move(merged.notes)};
}

void check_schema(const setting& given, const surveyed& tables, const nn::network& network) {
    const auto& schema = tables.schema;
    const auto features = data::feature_count(schema);
    const auto inputs = network.input().size();
    const auto outputs = network.output().size();
    if (inputs != features) {
        throw run_failed("the table has " + std::to_string(features) +
                         " inputs after encoding, but model.input says " + std::to_string(inputs) +
                         ": leave model.input out of the plan");
    }
    if (!schema.regression && schema.classes.size() > outputs) {
        throw run_failed(
            "the label '" + schema.label + "' has " + std::to_string(schema.classes.size()) +
            " classes, but the model's last layer has " + std::to_string(outputs) +
            " units: " + data::list_classes(schema, tables.owners) +
            "; correct the labels, set units to the number of classes, or, if the label is a number to "
            "predict, choose the loss mean_squared_error");
    }
    const auto beside = boost::json::serialize(plan::to_json(given.plan.source)).size() + bytes_of_load +
                        bytes_of_client * (given.is_local() ? 1 : given.plan.clients);
    if (const auto problem = wire::problem_of_size(schema, beside); !problem.empty()) {
        throw run_failed(problem);
    }
}

} // namespace fedasio::master
