#include "inspect_images.hpp"

#include <fedasio/data/idx.hpp>
#include <fedasio/learning/data_fit.hpp>
#include <fedasio/nn/network.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/printable.hpp>

#include "program/command_line.hpp"
#include <cstddef>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fedasio::steering {
namespace {

void print_images(std::ostream& out, const std::filesystem::path& images, const data::dataset& samples) {
    std::string shape;
    for (const auto side : samples.feature_dims()) {
        shape += (shape.empty() ? "" : " x ") + std::to_string(side);
    }
    std::vector<std::size_t> counts(samples.class_count());
    for (const auto label : samples.classes()) {
        ++counts[static_cast<std::size_t>(label)];
    }
    out << fmt::format("{}: {} images of {}, {} classes (samples of each: {})\n",
                       text::printable(images.string()), samples.size(), shape, samples.class_count(),
                       fmt::join(counts, ", "))
        << "A worker is not surveyed for images. When it loads them it tells how many samples each "
           "client has, "
           "and of which class unless it is started with --no-label-counts.\n";
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

int show_images(std::ostream& out, const std::filesystem::path& images, const data::dataset& samples,
                const plan::plan* plan) {
    print_images(out, images, samples);
    for (const auto& reason : samples.left_out_reasons()) {
        out << "\nLeft out: " << text::printable(reason) << '\n';
    }
    if (plan == nullptr || plan->model.input.size() == 0) {
        return program::done;
    }
    const auto problem = learning::problem_of_fit(samples, nn::network(plan->model));
    if (!problem.empty()) {
        out << "\nProblem: " << text::printable(problem) << '\n';
    }
    return problem.empty() ? program::done : program::failed;
}

int inspect_idx(std::ostream& out, const std::filesystem::path& images, const std::filesystem::path& labels,
                const plan::plan* plan) {
    return show_images(out, images, data::read_idx(images, labels), plan);
}

} // namespace fedasio::steering
