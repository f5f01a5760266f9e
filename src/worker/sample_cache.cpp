#include <fedasio/data/error.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/worker/sample_cache.hpp>

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace fedasio::worker {
namespace {

constexpr int most_attempts = 3;

} // namespace

std::string sample_digest(const data::dataset& samples) {
    constexpr std::size_t samples_at_once = 64;
    store::sha256 digest;
    std::vector<std::uint32_t> indices(std::min(samples_at_once, samples.size()));
    std::vector<float> features(indices.size() * samples.feature_count());
    for (std::size_t first = 0; first < samples.size(); first += indices.size()) {
        indices.resize(std::min(indices.size(), samples.size() - first));
        std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(first));
        const auto part = std::span(features).first(indices.size() * samples.feature_count());
        samples.copy_features(indices, part);
        digest.update(std::span<const float>(part));
    }
    digest.update(std::as_bytes(samples.classes()));
    digest.update(samples.targets());
    return digest.hex();
}

known_samples sample_cache::get(const identifier& identify, const reader& read) {
    const std::lock_guard lock(busy_);
    auto origin = identify();
    for (int attempt = 0; !last_.set || origin_ != origin; ++attempt) {
        if (attempt == most_attempts) {
            throw data::error("the data changes again and again while it is read: write it elsewhere, and "
                              "move it to its place when it is whole");
        }
        last_ = {};
        const auto set = read();
        origin_ = std::exchange(origin, identify());
        last_ = {set, sample_digest(*set)};
    }
    return last_;
}

} // namespace fedasio::worker
