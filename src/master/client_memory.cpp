#include "master/client_memory.hpp"

#include "master/run_failed.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

namespace fedasio::master {

std::uint32_t client_memory::round_of(client_id client) const {
    const auto found = rounds_.find(client);
    return found == rounds_.end() ? 0 : found->second;
}

void client_memory::counted(const round_result& round) {
    if (!is_needed_) {
        return;
    }
    std::set<client_id> dropped;
    for (const auto& absence : round.dropped) {
        dropped.insert(absence.client);
    }
    for (const auto client : round.cohort) {
        if (!dropped.contains(client)) {
            rounds_[client] = round.round;
        }
    }
}

sent_state client_memory::find(client_id client, std::uint32_t round) const {
    sent_state sent{round, {}, {}};
    if (!states_ || round == 0) {
        return sent;
    }
    auto found = states_->get(run_, client, round);
    if (const auto here = unwritten_.find(client); here != unwritten_.end() && here->second.first == round) {
        found.state = here->second.second;
    }
    const auto& [state, problem] = found;
    if (!state) {
        throw run_failed(
            fmt::format("what client {} kept after round {} is lost ({}): the training cannot go "
                        "on as it began; start it anew",
                        client, round, problem));
    }
    sent.listed = wire::list_of(*state);
    net::buffer body(wire::floats_of(sent.listed) * sizeof(float));
    auto place = body.floats().begin();
    for (const auto& [name, values] : *state) {
        place = std::ranges::copy(values, place).out;
    }
    sent.body = net::payload(std::move(body));
    return sent;
}

std::string client_memory::keep(client_id client, std::uint32_t round, store::client_arrays state,
                                std::uint32_t safe_round) {
    if (!states_) {
        return {};
    }
    unwritten_.erase(client);
    try {
        states_->put(run_, client, round, state);
        states_->forget(run_, client, safe_round);
        return {};
    } catch (const std::exception& e) {
        unwritten_[client] = {round, std::move(state)};
        return e.what();
    }
}

void client_memory::write_unwritten() {
    for (auto next = unwritten_.begin(); next != unwritten_.end(); next = unwritten_.erase(next)) {
        const auto& [client, of] = *next;
        states_->put(run_, client, of.first, of.second);
    }
}

} // namespace fedasio::master
