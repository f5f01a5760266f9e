#include "worker/finished_updates.hpp"

#include <iterator>
#include <utility>

namespace fedasio::worker {

void finished_updates::begin(training_basis basis) {
    if (!(basis == basis_)) {
        basis_ = std::move(basis);
        kept_.clear();
        places_.clear();
        bytes_ = 0;
    }
}

std::optional<trained> finished_updates::find(std::uint32_t round, std::uint32_t client,
                                              std::uint32_t state_round) const {
    const auto found = places_.find(key_of(round, client));
    return found == places_.end() || found->second->state_round != state_round
               ? std::nullopt
               : std::optional(*found->second);
}

void finished_updates::keep(const training_basis& basis, trained what) {
    if (most_bytes_ == 0 || !(basis == basis_)) {
        return;
    }
    const auto key = key_of(what.update.round, what.update.client);
    if (const auto earlier = places_.find(key); earlier != places_.end()) {
        drop(earlier->second);
    }
    bytes_ += what.weights.size() + bytes_each;
    kept_.push_back(std::move(what));
    places_[key] = std::prev(kept_.end());
    while (bytes_ > most_bytes_ && kept_.size() > 1) {
        drop(kept_.begin());
    }
}

void finished_updates::drop(std::list<trained>::iterator one) {
    bytes_ -= one->weights.size() + bytes_each;
    places_.erase(key_of(one->update.round, one->update.client));
    kept_.erase(one);
}

} // namespace fedasio::worker
