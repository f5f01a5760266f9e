#include "master/test_data.hpp"

#include <fedasio/data/file_identity.hpp>
#include <fedasio/data/idx.hpp>
#include <fedasio/data/image_folder.hpp>
#include <fedasio/learning/data_fit.hpp>

#include "master/run_failed.hpp"
#include <exception>
#include <thread>
#include <utility>
#include <variant>

namespace fedasio::master {

net::awaitable<void> test_data::load(const global_model& model) {
    if (samples_ || !plan::has_test_files(setting_.plan.source) || (setting_.is_table() && !model.schema())) {
        co_return;
    }
    // Asked before: what changes while it is read is read again next time.
    auto job = [&]() -> std::shared_ptr<const data::dataset> {
        identity_ = identity_of_files();
        if (const auto* images = std::get_if<data::image_source>(&setting_.plan.source)) {
            return std::make_shared<const data::dataset>(data::read_images(
                *images, data::list_test_images(*images), std::thread::hardware_concurrency()));
        }
        if (const auto* idx = std::get_if<data::idx_source>(&setting_.plan.source)) {
            return std::make_shared<const data::dataset>(data::read_idx(idx->test_images, idx->test_labels));
        }
        const auto& csv = std::get<data::csv_source>(setting_.plan.source);
        return std::make_shared<const data::dataset>(data::read_csv(csv.test, *model.schema()));
    };
    auto loaded = co_await setting_.offload(std::move(job));
    if (const auto problem = learning::problem_of_fit(*loaded, *model.network()); !problem.empty()) {
        throw run_failed("of the test data: " + problem);
    }
    for (const auto& reason : loaded->left_out_reasons()) {
        setting_.notice(noticed::severity::warning, "of the test data is left out: " + reason);
    }
    if (loaded->left_out() != 0 && loaded->left_out_reasons().empty()) {
        setting_.notice(noticed::severity::warning,
                        "the test file has " + std::to_string(loaded->left_out()) +
                            " rows whose label is missing or of no known class; they are left out");
    }
    samples_ = std::move(loaded);
}

net::awaitable<void> test_data::refresh(const global_model& model) {
    if (!samples_) {
        co_return;
    }
    auto job = [&]() -> std::pair<std::string, std::string> {
        try {
            return {identity_of_files(), {}};
        } catch (const std::exception& e) {
            return {identity_, e.what()};
        }
    };
    const auto [identity, problem] = co_await setting_.offload(std::move(job));
    if (!problem.empty()) {
        setting_.notice(noticed::severity::warning,
                        "the test data that was read before serves on: " + problem);
    } else if (identity != identity_) {
        setting_.notice(noticed::severity::info, "the test data has changed and is read again");
        samples_.reset();
        co_await load(model);
    }
}

std::string test_data::identity_of_files() const {
    if (const auto* images = std::get_if<data::image_source>(&setting_.plan.source)) {
        return data::identity_of(data::list_test_images(*images));
    }
    if (const auto* idx = std::get_if<data::idx_source>(&setting_.plan.source)) {
        return data::file_identity(idx->test_images) + data::file_identity(idx->test_labels);
    }
    return data::file_identity(std::get<data::csv_source>(setting_.plan.source).test);
}

} // namespace fedasio::master
