#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/roster.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/wire/train.hpp>

#include "master/setting.hpp"
#include "master/update_intake.hpp"
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::master {

/// A round under way.
struct round_state {
    round_result result;
    // One a client of the cohort, in its order.
    std::vector<worker_ptr> hosts;
    std::vector<std::uint64_t> samples;
    std::vector<std::optional<wire::update>> updates; ///< those that count
    std::map<std::size_t, unsigned> moves; ///< by place: how often it went on, after its worker was lost

    std::size_t needed = 0;                ///< updates that end the training
    std::shared_ptr<update_intake> intake; ///< once the training has begun
    std::size_t diverged = 0;              ///< clients whose training gave no numbers
    std::string trouble;                   ///< the last reason why a client gave no update
    std::set<std::string> late;            ///< workers that cost everybody the deadline
    std::set<std::string>
        behind; ///< workers that were still busy with weights or update when others were done
    std::optional<clients_evaluated> tested; ///< client by client, where clients test
    std::uint64_t sent_before = 0;           ///< when its costs were counted last
    std::uint64_t received_before = 0;

    /// Of updates so far.
    [[nodiscard]] std::size_t count() const { return intake ? intake->count() : 0; }

    /// The workers of the clients at these places, in their order.
    [[nodiscard]] std::vector<worker_ptr> hosts_of(std::span<const std::size_t> places) const;
    /// The names of the workers whose updates count, each once, in the order of their first clients.
    [[nodiscard]] std::vector<std::string_view> contributors() const;
    /// The client at this place gives no update; that is told.
    void drop(const setting& given, std::size_t place, std::string reason, std::string detail);
    /// Its update came, and does not count.
    void leave_out(const setting& given, client_id client, std::string reason, std::string detail);
    /// Training loss, accuracy and own metrics of all clients together. In the order of the clients, not of
    /// arrival: a sum of doubles depends on it.
    void take_losses();
};

} // namespace fedasio::master
