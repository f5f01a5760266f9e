#include "master/kept_models.hpp"

#include <fedasio/store/digest.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/number_text.hpp>

#include "master/metric.hpp"
#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

namespace fedasio::master {
namespace {

constexpr std::string_view best_name = "best";
constexpr std::string_view last_name = "last";

template <class Number>
std::optional<Number> number_in(const std::map<std::string, std::string>& metadata, const std::string& key) {
    const auto found = metadata.find(key);
    if (found == metadata.end()) {
        return std::nullopt;
    }
    const auto& text = found->second;
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

bool has(const std::map<std::string, std::string>& metadata, const std::string& key, std::string_view value) {
    const auto found = metadata.find(key);
    return found != metadata.end() && found->second == value;
}

/// Whether the file says that it has these weights, and all that is known of them. It may say more: a
/// process that was started again has forgotten what a test has told.
bool is_written(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata,
                std::span<const float> weights) {
    try {
        const auto known = store::read_safetensors_metadata(path);
        const auto says = [&](const auto& entry) { return has(known, entry.first, entry.second); };
        return std::ranges::all_of(metadata, says) &&
               has(known, "weights_sha256", store::weights_sha256(weights));
    } catch (const std::exception&) {
        return false;
    }
}

} // namespace

void kept_models::consider(const round_result& result, const net::payload& weights) {
    const auto value = is_active() ? metric_of(result, metric_) : std::nullopt;
    if (!value) {
        return;
    }
    const bool better = !best_ || (higher_is_better_ ? *value > best_->value : *value < best_->value);
    if (better) {
        best_ = candidate{result.round, *value, weights, {}};
    }
}

void kept_models::take_up(const std::string& run) {
    best_.reset();
    if (!is_active()) {
        return;
    }
    try {
        const auto path = place_of(best_name);
        const auto known = store::read_safetensors_metadata(path);
        const auto round = number_in<std::uint32_t>(known, "round");
        const auto value = number_in<double>(known, metric_);
        if (has(known, "run", run) && round && value) {
            best_ = candidate{*round, *value, {}, path};
        }
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): there is none; the next round makes one
    }
}

std::optional<kept_model> kept_models::best() const {
    if (!best_ || !best_->path.empty()) {
        return std::nullopt;
    }
    return kept_model{best_name, best_->round, best_->weights, {{metric_, text::number_text(best_->value)}}};
}

kept_model kept_models::last(std::uint32_t round, const net::payload& weights) {
    return {last_name, round, weights, {}};
}

std::filesystem::path kept_models::write(const kept_model& model, const std::string& run,
                                         const std::map<std::string, std::string>& metadata,
                                         const std::vector<store::tensor_shape>& layout, store::disk& on) {
    auto all = metadata;
    all["kept"] = model.name;
    all["run"] = run;
    all["round"] = std::to_string(model.round);
    all.insert(model.metadata.begin(), model.metadata.end());
    auto path = place_of(model.name);
    if (!is_written(path, all, model.weights.floats())) {
        store::save_model(path, layout, model.weights.floats(), all, on);
    }
    return path;
}

void kept_models::written(const kept_model& model, const std::filesystem::path& path) {
    if (model.name == best_name && best_ && best_->round == model.round) {
        best_->path = path;
        best_->weights = {};
    }
}

std::string kept_models::summary() const {
    if (!best_ || best_->path.empty()) {
        return {};
    }
    return "the best model is that of round " + std::to_string(best_->round) + " (" + metric_ + " " +
           text::number_text(best_->value) + "): " + best_->path.string();
}

std::filesystem::path kept_models::place_of(std::string_view name) const {
    constexpr std::size_t digits = 8;
    auto path = store::model_path(state_dir_, name);
    std::error_code none;
    bool is_own = !std::filesystem::exists(path, none);
    try {
        const auto known =
            is_own ? std::map<std::string, std::string>() : store::read_safetensors_metadata(path);
        is_own = is_own || (has(known, "kept", name) && has(known, "plan_digest", plan_digest_));
    } catch (const std::exception&) {
        is_own = false;
    }
    return is_own ? path
                  : store::model_path(state_dir_, std::string(name) + "-" + plan_digest_.substr(0, digits));
}

} // namespace fedasio::master
