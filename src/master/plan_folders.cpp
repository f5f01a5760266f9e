#include "master/plan_folders.hpp"

#include <fedasio/data/csv.hpp>
#include <fedasio/data/idx.hpp>

#include <algorithm>
#include <system_error>
#include <variant>

namespace fedasio::master {
namespace {

/// Symlinks resolved as far as the path exists; empty if that cannot be told.
std::filesystem::path resolved(const std::filesystem::path& path) {
    std::error_code failure;
    const auto whole = std::filesystem::absolute(path, failure);
    auto result = failure ? whole : std::filesystem::weakly_canonical(whole, failure);
    if (failure) {
        return {};
    }
    return result.has_filename() ? result : result.parent_path();
}

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
    return !folder.empty() && std::ranges::mismatch(folder, path).in1 == folder.end();
}

/// Whether "a/../b" leads to b depends on whether there is an a, which is nobody's business.
bool goes_down_and_up(const std::filesystem::path& path) {
    bool down = false;
    for (const auto& part : path) {
        if (part == ".." && down) {
            return true;
        }
        down = down || (part != ".." && part != "." && !part.empty());
    }
    return false;
}

std::vector<std::string> files_of(const plan::plan& plan, bool train_too) {
    std::vector<std::string> files;
    if (const auto* images = std::get_if<data::image_source>(&plan.source)) {
        files = {images->test, images->test_labels};
        if (train_too) {
            files.insert(files.end(), {images->train, images->train_labels});
        }
    } else if (const auto* idx = std::get_if<data::idx_source>(&plan.source)) {
        files = {idx->test_images, idx->test_labels};
        if (train_too) {
            files.insert(files.end(), {idx->train_images, idx->train_labels});
        }
    } else if (const auto* csv = std::get_if<data::csv_source>(&plan.source)) {
        files = {csv->test};
        if (train_too) {
            files.push_back(csv->train);
        }
    }
    files.push_back(plan.initial_arrays);
    std::erase(files, "");
    return files;
}

} // namespace

plan_folders::plan_folders(const std::vector<std::filesystem::path>& allowed,
                           const std::filesystem::path& hidden)
    : hidden_(hidden.empty() ? hidden : resolved(hidden)) {
    for (const auto& folder : allowed) {
        allow(folder, true);
    }
}

void plan_folders::allow_those_of(const plan::plan& plan, bool train_too) {
    for (const auto& file : files_of(plan, train_too)) {
        allow(resolved(file).parent_path(), false);
    }
}

void plan_folders::allow(const std::filesystem::path& path, bool with_those_in_it) {
    const folder added{path.empty() ? path : resolved(path), with_those_in_it};
    if (!added.path.empty() && std::ranges::find(allowed_, added) == allowed_.end()) {
        allowed_.push_back(added);
    }
}

bool plan_folders::allows(const std::string& file) const {
    if (goes_down_and_up(file)) {
        return false;
    }
    const auto path = resolved(file);
    return !path.empty() && !is_inside(path, hidden_) &&
           std::ranges::any_of(allowed_, [&](const folder& one) {
               return one.with_those_in_it ? is_inside(path, one.path) : path.parent_path() == one.path;
           });
}

std::string plan_folders::objection_to(const plan::plan& plan, bool train_too) const {
    const auto files = files_of(plan, train_too);
    if (std::ranges::all_of(files, [this](const std::string& file) { return allows(file); })) {
        return {};
    }
    std::string text = train_too ? "files" : "test files";
    text += " of a plan that is sent to this master must lie, by a path without .. after a name, in a folder "
            "of its own plan's files or of --plan-data FOLDER";
    if (!hidden_.empty()) {
        text += " and not in its state folder";
    }
    text += "; ";
    for (const folder& one : allowed_) {
        text += (&one == allowed_.data() ? "these are " : ", ") + one.path.string() +
                (one.with_those_in_it ? "" : " (not deeper)");
    }
    return text + (allowed_.empty() ? "there is none" : "");
}

} // namespace fedasio::master
