#pragma once

#include <fedasio/data/dataset.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace fedasio::worker {

/// Samples, and what tells them from all others: sample_digest() of them.
struct known_samples {
    std::shared_ptr<const data::dataset> set;
    std::string digest;
};

/// SHA-256 as 64 hexadecimal digits: over the inputs of all samples, one sample after the other, as they are
/// given to a model (little-endian float32), then over all classes (little-endian int32) or, in a regression,
/// targets (float32).
[[nodiscard]] std::string sample_digest(const data::dataset& samples);

/// The data set that was read last, for who wants the same again: a worker whose clients change, or the
/// workers of one process. Any thread.
class sample_cache {
public:
    /// Says from what, and in what state, samples are read: a text that differs once they may be others.
    using identifier = std::function<std::string()>;
    using reader = std::function<std::shared_ptr<const data::dataset>()>;

    /// What was read last, if `identify` says the same as it did then; else what `read` reads. Their
    /// exceptions pass. Others wait meanwhile, so that nobody reads the same a second time. What changes
    /// while it is read is read again, and throws data::error if it does not come to rest.
    known_samples get(const identifier& identify, const reader& read);

private:
    std::mutex busy_;
    std::string origin_;
    known_samples last_;
};

} // namespace fedasio::worker
