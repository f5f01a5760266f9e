#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/global_model.hpp"
#include "master/setting.hpp"
#include <memory>
#include <string>

namespace fedasio::master {

/// The samples that the master tests the global model with, if the plan names files of them. They are read on
/// the pool.
class test_data {
public:
    explicit test_data(const setting& given) : setting_(given) {}

    void begin_anew() { samples_.reset(); }

    /// Null before they are read, and where clients test.
    [[nodiscard]] const std::shared_ptr<const data::dataset>& samples() const noexcept { return samples_; }

    /// Reads them, if there are some, they are not read yet and it is known how. Throws std::exception for
    /// files that cannot be read, run_failed for samples that do not fit the model.
    net::awaitable<void> load(const global_model& model);
    /// Reads them again if their files have changed since. What cannot be found serves on as it was.
    net::awaitable<void> refresh(const global_model& model);

private:
    [[nodiscard]] std::string identity_of_files() const;

    const setting& setting_;
    std::shared_ptr<const data::dataset> samples_;
    std::string identity_; ///< of the files when they were read
};

} // namespace fedasio::master
