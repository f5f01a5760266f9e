#include "master/sending.hpp"

#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/object.hpp>

#include "master/answers.hpp"
#include "master/standing.hpp"
#include <algorithm>
#include <string>
#include <utility>

namespace fedasio::master {

std::vector<worker_ptr> receivers_among(const setting& given, const global_model& model,
                                        std::vector<worker_ptr> hosts) {
    const auto number = [](const worker_ptr& who) { return who->id; };
    if (!std::ranges::is_sorted(hosts, {}, number)) {
        std::ranges::sort(hosts, {}, number);
    }
    const auto doubles = std::ranges::unique(hosts);
    hosts.erase(doubles.begin(), doubles.end());
    std::erase_if(hosts, [&](const worker_ptr& who) {
        return who->weights_version == model.version() || !who->connection->is_open();
    });
    for (const auto& who : hosts) {
        who->weights_version = model.version();
        set_state(given, *who, worker_state::receiving);
    }
    return hosts;
}

net::frame weights_request(const global_model& model) {
    const wire::weights version{model.version()};
    return net::frame(wire::message_type::weights, wire::to_meta(version), model.state().sent);
}

void settle_weights(newcomers& coming, std::span<const worker_ptr> whom,
                    std::span<const net::gathered> answers) {
    for (std::size_t i = 0; i < whom.size(); ++i) {
        if (answers[i].withdrawn) {
            whom[i]->weights_version = 0;
        }
        if (answers[i].result == net::outcome::refused) {
            coming.reject(*whom[i], describe(answers[i]));
        }
    }
}

net::awaitable<std::vector<sent_state>> states_of(const setting& given, const run_state& state,
                                                  std::vector<client_id> clients) {
    const auto& memory = state.memory;
    const auto& own = state.model.state().own;
    std::vector<sent_state> found(clients.size());
    for (std::size_t i = 0; i < clients.size(); ++i) {
        found[i].round = memory.round_of(clients[i]);
    }
    if (memory.is_here()) {
        auto job = [&] {
            for (std::size_t i = 0; i < clients.size(); ++i) {
                found[i] = memory.find(clients[i], found[i].round);
            }
            return true;
        };
        co_await given.offload(std::move(job));
    }
    for (auto& one : found) {
        if (one.round == 0 && !own.empty()) {
            one.listed = {{std::string(plan::private_state), own.floats().size()}};
            one.body = own;
        }
    }
    co_return found;
}

} // namespace fedasio::master
