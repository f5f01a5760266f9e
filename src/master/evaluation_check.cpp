#include "master/evaluation_check.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

namespace fedasio::master {
namespace {

// Sums that were made of float32, in any order.
constexpr double tolerance = 0.01;
constexpr double out_of_all_proportion = 1000;
constexpr double no_loss_at_all = 1e-9;
constexpr std::size_t fewest_to_compare = 3;

/// A sample whose class has not the largest of the outputs has at least this loss; one whose class has it,
/// under cross_entropy, at most the log of their number.
std::string loss_objection(const wire::evaluation& result, const evaluation_terms& terms) {
    const auto classes = static_cast<double>(terms.classes);
    const auto wrong = static_cast<double>(result.samples - result.correct);
    const double least = terms.cross_entropy ? std::numbers::ln2 : 1 / (2 * classes);
    const double most = std::log(classes) * static_cast<double>(result.samples);
    if (result.loss_sum < wrong * least * (1 - tolerance)) {
        return fmt::format("a loss_sum of {:g} is too little for {} samples that it takes for a wrong class",
                           result.loss_sum, result.samples - result.correct);
    }
    if (terms.cross_entropy && wrong == 0 && result.loss_sum > most * (1 + tolerance) + tolerance) {
        return fmt::format("a loss_sum of {:g} is too much for {} samples that it all takes for their class",
                           result.loss_sum, result.samples);
    }
    return {};
}

std::string confusion_objection(const wire::evaluation& result, const evaluation_terms& terms) {
    const auto& counts = result.confusion;
    if (counts.size() != terms.classes * terms.classes ||
        std::reduce(counts.begin(), counts.end()) != result.samples) {
        return "its confusion matrix is not that of its samples";
    }
    std::uint64_t hits = 0;
    for (std::size_t i = 0; i < terms.classes; ++i) {
        hits += counts[i * terms.classes + i];
    }
    return hits == result.correct ? "" : "its confusion matrix has another number of hits";
}

/// Each histogram holds every sample once, and each sample is of one class.
std::string scores_objection(const wire::evaluation& result, const evaluation_terms& terms) {
    std::string objection = "its scores are not those of its samples";
    const auto histograms = terms.classes == 2 ? 1 : terms.classes;
    if (terms.score_cells == 0 || result.scores.back().place >= terms.score_cells) {
        return objection;
    }
    const auto bins = terms.score_cells / histograms;
    std::vector<std::uint64_t> own(histograms);
    std::vector<std::uint64_t> all(histograms);
    for (const auto& cell : result.scores) {
        own[cell.place / bins] += cell.own;
        all[cell.place / bins] += cell.own + cell.others;
    }
    const bool complete = std::ranges::all_of(all, [&](auto sum) { return sum == result.samples; });
    const bool one_class_each = terms.classes == 2 || std::reduce(own.begin(), own.end()) == result.samples;
    if (!complete || !one_class_each) {
        return objection;
    }
    for (std::size_t i = 0; i < histograms && !result.confusion.empty(); ++i) {
        const auto label = terms.classes == 2 ? 1 : i;
        const auto row = std::span(result.confusion).subspan(label * terms.classes, terms.classes);
        if (std::reduce(row.begin(), row.end()) != own[i]) {
            return "its scores are of other classes than its confusion matrix";
        }
    }
    return {};
}

/// It holds every sample once, and two bins that are far apart hold errors.
std::string histogram_objection(const wire::evaluation& result, const evaluation_terms& terms) {
    std::uint64_t samples = 0;
    for (const auto& cell : result.histogram) {
        samples += cell.count;
    }
    if (!terms.histogram || samples != result.samples) {
        return "its histogram is not that of its samples";
    }
    const double least = nn::least_squares(result.histogram);
    if (result.loss_sum < least * (1 - tolerance)) {
        return fmt::format("a loss_sum of {:g} is too little for a histogram that makes it {:g} at least",
                           result.loss_sum, least);
    }
    return {};
}

/// Targets are float32: none lie farther from 0, or from each other.
bool has_possible_targets(const wire::evaluation& result) {
    constexpr double farthest = std::numeric_limits<float>::max();
    const double most = static_cast<double>(result.samples) * farthest * farthest;
    return std::abs(result.label_mean.value_or(0)) <= farthest &&
           result.label_m2.value_or(0) <= most * (1 + tolerance);
}

/// Between sums of absolute and of squared values stand the inequalities of Cauchy and Schwarz.
std::string value_objection(const wire::evaluation& result, const evaluation_terms& terms) {
    if (result.correct != 0) {
        return "a regression has no samples that are correct";
    }
    if (!has_possible_targets(result)) {
        return "its label_mean or label_m2 is beyond what any targets have";
    }
    if (result.absolute_sum) {
        const double squared = *result.absolute_sum * *result.absolute_sum;
        const double most = static_cast<double>(result.samples) * result.loss_sum;
        if (squared > most * (1 + tolerance) || squared < result.loss_sum * (1 - tolerance)) {
            return fmt::format("an absolute_sum of {:g} does not go with a loss_sum of {:g} over {} samples",
                               *result.absolute_sum, result.loss_sum, result.samples);
        }
    }
    return result.histogram.empty() ? "" : histogram_objection(result, terms);
}

std::optional<double> median_of(const std::map<client_id, wire::evaluation>& results, auto value_of) {
    std::vector<double> values;
    for (const auto& [client, result] : results) {
        if (result.samples > 0) {
            values.push_back(value_of(result));
        }
    }
    return values.size() < fewest_to_compare ? std::nullopt : median(std::move(values));
}

double samples_of(const wire::evaluation& result) {
    return static_cast<double>(result.samples);
}

double loss_of(const wire::evaluation& result) {
    return result.loss_sum / static_cast<double>(result.samples);
}

} // namespace

std::string objection_to(const wire::evaluation& result, const evaluation_terms& terms) {
    if (result.samples > terms.held_out) {
        return fmt::format("it says that it tested {} samples, of {} that it holds out", result.samples,
                           terms.held_out);
    }
    if (result.samples == 0 && result.loss_sum != 0) {
        return fmt::format("it says that no samples have a loss_sum of {:g}", result.loss_sum);
    }
    if (terms.is_open) {
        const bool is_asked_for =
            result.confusion.empty() && result.scores.empty() && result.histogram.empty();
        return is_asked_for ? "" : "it tells counts of its samples, and was not asked for them";
    }
    if (!result.tells_correct) {
        return "it does not tell how many samples it takes for their class";
    }
    if (terms.classes == 0) {
        return value_objection(result, terms);
    }
    auto objection =
        result.histogram.empty() ? loss_objection(result, terms) : histogram_objection(result, terms);
    if (objection.empty() && !result.confusion.empty()) {
        objection = confusion_objection(result, terms);
    }
    if (objection.empty() && !result.scores.empty()) {
        objection = scores_objection(result, terms);
    }
    return objection;
}

std::map<client_id, std::string> out_of_proportion(const std::map<client_id, wire::evaluation>& results,
                                                   double usual_loss) {
    std::map<client_id, std::string> found;
    const auto samples = median_of(results, samples_of);
    const auto loss = median_of(results, loss_of);
    if (!samples || !loss) {
        return found;
    }
    const double high = out_of_all_proportion * std::max(*loss, usual_loss);
    for (const auto& [client, result] : results) {
        if (result.samples == 0) {
            continue;
        }
        if (samples_of(result) > out_of_all_proportion * *samples) {
            found[client] = fmt::format("it says that it tested {} samples, the median client {:g}",
                                        result.samples, *samples);
        } else if (loss_of(result) > high && high > 0) {
            found[client] = fmt::format("it says that its loss is {:g}, that of the median client is {:g}",
                                        loss_of(result), *loss);
        } else if (loss_of(result) < no_loss_at_all * *loss) {
            found[client] =
                fmt::format("it says that it has no loss at all ({:g}), that of the median client "
                            "is {:g}",
                            loss_of(result), *loss);
        }
    }
    return found;
}

std::optional<double> median(std::vector<double> values) {
    if (values.empty()) {
        return std::nullopt;
    }
    std::ranges::sort(values);
    const auto half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : std::midpoint(values[half - 1], values[half]);
}

} // namespace fedasio::master
