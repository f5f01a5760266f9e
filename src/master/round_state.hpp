#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/roster.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/wire/train.hpp>

#include "master/update_intake.hpp"
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
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
    std::uint64_t sent_before = 0;
    std::uint64_t received_before = 0;

    /// Of updates so far.
    [[nodiscard]] std::size_t count() const { return intake ? intake->count() : 0; }
};

} // namespace fedasio::master
