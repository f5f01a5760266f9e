#include "prediction_scores.hpp"

#include <fedasio/plan/applied_model.hpp>
#include <fedasio/text/printable.hpp>

#include "prediction_table.hpp"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace fedasio::steering {
namespace {

constexpr std::size_t most_classes = 100;

std::string line(const char* name, const std::optional<double>& value) {
    return value ? fmt::format("{}: {:.6g}\n", name, *value) : std::string();
}

/// The probability that a sample of the class gets a higher score than another, ties counting half (Hanley
/// and McNeil, 1982), from the ranks; empty if there are none of the class, or no others.
std::optional<double> area_of(std::span<const float> scores, std::span<const std::uint32_t> labels,
                              std::uint32_t own) {
    std::vector<std::uint32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return scores[i]; });
    double ranks = 0; // of the class's samples; those with one score share the mean of their ranks
    double count = 0;
    for (std::size_t begin = 0; begin < order.size();) {
        auto end = begin;
        double here = 0;
        for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
            here += labels[order[end]] == own ? 1 : 0;
        }
        ranks += here * (static_cast<double>(begin + end + 1) / 2);
        count += here;
        begin = end;
    }
    const auto others = static_cast<double>(order.size()) - count;
    if (count == 0 || others == 0) {
        return std::nullopt;
    }
    return (ranks - count * (count + 1) / 2) / (count * others);
}

} // namespace

prediction_scores::prediction_scores(const plan::trained_model& model)
    : model_(model), units_(model.network.output().size()) {
    if (!model.is_regression() && units_ <= most_classes) {
        confusion_.resize(units_ * units_);
        scores_.resize(units_ == 2 ? 1 : units_);
    }
}

void prediction_scores::add(const data::dataset& samples, std::size_t index, std::span<const float> outputs) {
    ++samples_;
    if (model_.is_regression()) {
        const double target = plan::predicted_value(model_, samples.targets()[index]);
        const double apart = plan::predicted_value(model_, outputs[0]) - target;
        squares_ += apart * apart;
        absolute_ += std::abs(apart);
        const double step = target - mean_;
        mean_ += step / static_cast<double>(samples_);
        m2_ += step * (target - mean_);
        return;
    }
    const auto label = static_cast<std::uint32_t>(samples.classes()[index]);
    const auto said = plan::predicted_class(outputs);
    correct_ += said == label ? 1 : 0;
    if (!confusion_.empty()) {
        ++confusion_[label * units_ + said];
        labels_.push_back(label);
        for (std::size_t k = 0; k < scores_.size(); ++k) {
            scores_[k].push_back(outputs[units_ == 2 ? 1 : k]);
        }
    }
}

/// Of each class against the rest; those of two classes are alike.
std::vector<std::optional<double>> prediction_scores::areas_under_roc() const {
    std::vector<std::optional<double>> areas;
    areas.reserve(scores_.size());
    for (std::size_t k = 0; k < scores_.size(); ++k) {
        areas.push_back(area_of(scores_[k], labels_, static_cast<std::uint32_t>(units_ == 2 ? 1 : k)));
    }
    areas.resize(confusion_.empty() ? 0 : units_, areas.empty() ? std::nullopt : areas.front());
    return areas;
}

std::string prediction_scores::regression_text() const {
    const auto count = static_cast<double>(samples_);
    return line("R2", m2_ > 0 ? std::optional(1 - squares_ / m2_) : std::nullopt) +
           line("RMSE", std::sqrt(squares_ / count)) + line("MAE", absolute_ / count);
}

std::string prediction_scores::text() const {
    auto text = fmt::format("samples: {}\n", samples_);
    if (model_.is_regression()) {
        return text + regression_text();
    }
    const auto areas = areas_under_roc();
    double sum = 0;
    double count = 0;
    for (const auto& area : areas) {
        sum += area.value_or(0);
        count += area ? 1 : 0;
    }
    text += line("accuracy", static_cast<double>(correct_) / static_cast<double>(samples_)) +
            line("AUC", count > 0 ? std::optional(sum / count) : std::nullopt);
    if (confusion_.empty()) {
        return text;
    }
    std::vector<std::string> names;
    std::size_t widest = 0;
    for (std::size_t i = 0; i < units_; ++i) {
        names.push_back(text::printable(model_.output_name(i)));
        widest = std::max(widest, names.back().size());
    }
    text += "AUC against the rest, recall, and confusion (a row for each true class, a column for each "
            "prediction):\n";
    text += fmt::format("{:>{}}     AUC  recall", "", widest);
    for (const auto& name : names) {
        text += fmt::format("  {:>{}}", name, std::max<std::size_t>(name.size(), 6));
    }
    text += '\n';
    for (std::size_t i = 0; i < units_; ++i) {
        const auto row = std::span(confusion_).subspan(i * units_, units_);
        const auto own = std::reduce(row.begin(), row.end());
        text += fmt::format(
            "{:>{}}  {:>6}  {:>6}", names[i], widest, areas[i] ? fmt::format("{:.4f}", *areas[i]) : "-",
            own == 0 ? "-" : fmt::format("{:.4f}", static_cast<double>(row[i]) / static_cast<double>(own)));
        for (std::size_t k = 0; k < units_; ++k) {
            text += fmt::format("  {:>{}}", row[k], std::max<std::size_t>(names[k].size(), 6));
        }
        text += '\n';
    }
    return text;
}

} // namespace fedasio::steering
