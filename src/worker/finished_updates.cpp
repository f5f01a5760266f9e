#include "worker/finished_updates.hpp"

#include <algorithm>
#include <utility>

namespace fedasio::worker {

void finished_updates::begin(training_basis basis) {
    if (!(basis == basis_)) {
        basis_ = std::move(basis);
        kept_.clear();
        bytes_ = 0;
    }
}

std::optional<trained> finished_updates::find(std::uint32_t round, std::uint32_t client) const {
    const auto found = std::ranges::find_if(
        kept_, [&](const trained& one) { return one.update.round == round && one.update.client == client; });
    return found == kept_.end() ? std::nullopt : std::optional(*found);
}

void finished_updates::keep(const training_basis& basis, trained what) {
    if (most_bytes_ == 0 || !(basis == basis_)) {
        return;
    }
    bytes_ += what.weights.size();
    kept_.push_back(std::move(what));
    while (bytes_ > most_bytes_ && kept_.size() > 1) {
        bytes_ -= kept_.front().weights.size();
        kept_.pop_front();
    }
}

} // namespace fedasio::worker
