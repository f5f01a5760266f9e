#include "histograms.hpp"

#include <fedasio/dashboard/histogram_json.hpp>
#include <fedasio/dashboard/prediction_json.hpp>
#include <fedasio/data/file_identity.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/safetensors.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace fedasio::program {
namespace {

using dashboard::archive_answer;
using dashboard::archive_question;

/// Each takes some 2 KiB.
constexpr std::size_t most_kept = 500;

std::string text_of(const std::map<std::string, std::string>& metadata, const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
}

std::optional<std::uint32_t> round_of(const std::map<std::string, std::string>& metadata) {
    const auto text = text_of(metadata, "round");
    std::uint32_t round = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), round);
    return problem == std::errc() && end == text.data() + text.size() ? std::optional(round) : std::nullopt;
}

archive_answer count_saved(const std::filesystem::path& path, const archive_question& what) {
    const auto file = store::read_safetensors(path);
    const auto arrays = plan::arrays_of(path, file);
    const auto all = arrays.all();
    std::span<const float> values;
    if (dashboard::can_be_counted(all, what.index)) {
        const auto found = std::ranges::find(file.tensors, all[what.index].name, &store::tensor::name);
        if (found == file.tensors.end()) {
            throw store::model_file_error(path, "it has no tensor '" + all[what.index].name +
                                                    "', which its metadata name");
        }
        values = found->values;
    }
    return dashboard::histogram_of({what.name, text_of(file.metadata, "run"), round_of(file.metadata), all},
                                   what.index, values);
}

} // namespace

const archive_answer* histograms::known(const std::string& model, std::uint64_t index) {
    if (model_ != model) {
        model_ = model;
        answers_.clear();
    }
    const auto found = answers_.find(index);
    return found == answers_.end() ? nullptr : &found->second;
}

archive_answer histograms::keep(std::uint64_t index, archive_answer answer) {
    if (answer.status == 200 && answers_.size() < most_kept) {
        answers_.emplace(index, answer);
    }
    return answer;
}

archive_answer histograms::of_global(const master::global_weights& weights, const archive_question& what) {
    const std::scoped_lock alone(counting_);
    if (const auto* found = known("weights " + std::to_string(weights.version), what.index)) {
        return *found;
    }
    const auto all = weights.arrays.all();
    std::span<const float> values;
    if (dashboard::can_be_counted(all, what.index)) {
        const auto& array = all[what.index];
        values = weights.values.floats().subspan(array.offset, array.size);
    }
    return keep(what.index,
                dashboard::histogram_of({{}, weights.run, weights.round, all}, what.index, values));
}

archive_answer histograms::of_saved(const std::filesystem::path& path, const archive_question& what) {
    const std::scoped_lock alone(counting_);
    // Before the file is read: if it is replaced meanwhile, it is another one for whoever asks next.
    const auto identity = data::file_identity(path);
    if (const auto* found = known(identity, what.index)) {
        return *found;
    }
    return keep(what.index, count_saved(path, what));
}

} // namespace fedasio::program
