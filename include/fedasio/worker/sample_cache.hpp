#pragma once

#include <fedasio/data/dataset.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace fedasio::worker {

/// The data set that was read last, for who wants the same again: a worker whose clients change, or the
/// workers of one process. Any thread.
class sample_cache {
public:
    using reader = std::function<std::shared_ptr<const data::dataset>()>;

    /// What was read last, if `origin` is the same; else what `read` reads, and whose exceptions pass. Others
    /// wait meanwhile, so that nobody reads the same a second time.
    std::shared_ptr<const data::dataset> get(const std::string& origin, const reader& read);

private:
    std::mutex busy_;
    std::string origin_;
    std::shared_ptr<const data::dataset> last_;
};

} // namespace fedasio::worker
