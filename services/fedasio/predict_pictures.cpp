#include "predict_pictures.hpp"

#include <fedasio/data/dataset.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/data/image_folder.hpp>
#include <fedasio/plan/applied_model.hpp>
#include <fedasio/text/csv_field.hpp>
#include <fedasio/text/input_file.hpp>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fedasio::steering {
namespace {

namespace fs = std::filesystem;

/// The files, with their classes if those are to be compared with.
data::image_list files_for(const plan::trained_model& model, const prediction_request& from) {
    if (from.evaluate) {
        auto list = data::list_images(from.data, from.labels, model.class_names);
        if (const auto units = model.network.output().size(); list.classes.size() > units) {
            throw std::runtime_error(fmt::format("{} has {} classes, but the model has {} units", from.data,
                                                 list.classes.size(), units));
        }
        return list;
    }
    data::image_list list;
    const auto files = fs::is_directory(from.data) ? data::list_image_files(from.data)
                                                   : std::vector<fs::path>{fs::path(from.data)};
    for (const auto& file : files) {
        list.files.push_back({file, 0});
    }
    return list;
}

} // namespace

bool is_picture(const fs::path& file) {
    auto in = text::open_input(file);
    std::array<char, 4> start{};
    in.read(start.data(), start.size());
    const std::string_view bytes(start.data(), start.size());
    return bytes == "\x89PNG" || bytes.starts_with("\xff\xd8\xff");
}

int predict_pictures(const plan::trained_model& model, const prediction_request& from) {
    const auto shape = plan::picture_shape(model);
    const auto list = files_for(model, from);
    const auto units = model.network.output().size();
    std::vector<std::string> names(units);
    predictor work(model, from, "file", "images");
    for (auto files = std::span(list.files); !files.empty();) {
        const auto block = files.first(std::min(files.size(), predictor::block));
        files = files.subspan(block.size());
        std::vector<std::uint8_t> pixels;
        std::vector<std::int32_t> classes;
        const auto results = data::read_samples(block, shape, std::thread::hardware_concurrency());
        for (std::size_t i = 0; i < block.size(); ++i) {
            const auto& [sample, problem] = results[i];
            if (problem.empty()) {
                pixels.insert(pixels.end(), sample.begin(), sample.end());
                classes.push_back(block[i].label);
            }
            work.note(text::csv_field(block[i].path.string()), problem);
        }
        std::optional<data::dataset> samples;
        if (!classes.empty()) {
            samples.emplace(std::vector<std::uint32_t>{shape.height, shape.width, shape.channels},
                            std::move(pixels), std::move(classes), names);
        }
        work.flush(samples ? &*samples : nullptr);
    }
    return work.finish();
}

} // namespace fedasio::steering
