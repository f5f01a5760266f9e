#include "inspect_images.hpp"

#include <fedasio/data/error.hpp>
#include <fedasio/data/image.hpp>
#include <fedasio/data/image_folder.hpp>
#include <fedasio/data/table_files.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ostream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace fedasio::steering {
namespace {

std::vector<std::size_t> samples_by_class(const data::dataset& samples) {
    std::vector<std::size_t> counts(samples.class_count());
    for (const auto label : samples.classes()) {
        ++counts[static_cast<std::size_t>(label)];
    }
    return counts;
}

/// Of what the file begins with. Who cannot read it has no use for it.
bool holds_images(const std::filesystem::path& file) {
    try {
        return is_idx(file) && std::filesystem::exists(labels_of(file));
    } catch (const std::runtime_error&) {
        return false;
    }
}

} // namespace

bool is_idx(const std::filesystem::path& file) {
    auto in = text::open_input(file);
    char start[3] = {1, 1, 1};
    in.read(start, sizeof start);
    const bool is_packed = start[0] == '\x1f' && file.string().find("idx") != std::string::npos;
    return (start[0] == 0 && start[1] == 0 && start[2] == 8) || is_packed;
}

std::filesystem::path labels_of(const std::filesystem::path& images) {
    auto name = images.filename().string();
    for (const auto& [from, to] : {std::pair("images", "labels"), std::pair("idx3", "idx1")}) {
        if (const auto at = name.find(from); at != std::string::npos) {
            name.replace(at, std::string_view(from).size(), to);
        }
    }
    return images.parent_path() / name;
}

std::vector<std::filesystem::path> idx_files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::error_code unknown;
        if (entry.is_regular_file(unknown) &&
            entry.path().filename().string().find("images") != std::string::npos &&
            holds_images(entry.path())) {
            found.push_back(entry.path());
        }
    }
    std::ranges::sort(found);
    return found;
}

bool is_of_pictures(const std::filesystem::path& folder) {
    try {
        return data::table_files(folder).empty();
    } catch (const data::error&) {
        try {
            return !data::list_image_files(folder).empty();
        } catch (const data::error&) {
            return false;
        }
    }
}

data::dataset read_pictures(const std::filesystem::path& folder, unsigned threads) {
    const auto list = data::list_images(folder, {}, {});
    const auto first = data::read_image(list.files.front().path);
    return data::read_images(list, {first.height, first.width, first.channels}, false, threads);
}

void print_images(std::ostream& out, const std::filesystem::path& file, const data::dataset& samples,
                  const std::string& problem) {
    out << fmt::format("{}: {} images of {}, {} classes (samples of each: {})\n",
                       text::printable(file.string()), samples.size(),
                       fmt::join(samples.feature_dims(), " x "), samples.class_count(),
                       fmt::join(samples_by_class(samples), ", "))
        << "A worker is not surveyed for images. When it loads them it tells how many samples each "
           "client has, and of which class unless it is started with --no-label-counts.\n";
    for (const auto& reason : samples.left_out_reasons()) {
        out << "\nLeft out: " << text::printable(reason) << '\n';
    }
    if (!problem.empty()) {
        out << "\nProblem: " << text::printable(problem) << '\n';
    }
}

boost::json::object images_json(const std::filesystem::path& file, const data::dataset& samples,
                                const std::string& problem) {
    boost::json::array classes;
    const auto counts = samples_by_class(samples);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        classes.push_back(boost::json::object{{"name", samples.class_names()[i]}, {"samples", counts[i]}});
    }
    boost::json::array notes;
    for (const auto& reason : samples.left_out_reasons()) {
        notes.emplace_back("left out: " + reason);
    }
    boost::json::array problems;
    if (!problem.empty()) {
        problems.emplace_back(problem);
    }
    const auto dims = samples.feature_dims();
    return {{"kind", "images"},
            {"file", file.string()},
            {"samples", samples.size()},
            {"dims", boost::json::array(dims.begin(), dims.end())},
            {"classes", std::move(classes)},
            {"left_out", samples.left_out()},
            {"problems", std::move(problems)},
            {"notes", std::move(notes)}};
}

} // namespace fedasio::steering
