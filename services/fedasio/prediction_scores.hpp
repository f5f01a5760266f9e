#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/plan/trained_model.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedasio::steering {

/// How a model does on labelled samples. Keeps a number a sample and class for the area under the ROC curve,
/// with more than 100 classes nothing.
class prediction_scores {
public:
    explicit prediction_scores(const plan::trained_model& model);

    /// What came out for the sample `index` of `samples`.
    void add(const data::dataset& samples, std::size_t index, std::span<const float> outputs);
    /// Lines of text for people, each with its end.
    [[nodiscard]] std::string text() const;

private:
    [[nodiscard]] std::string regression_text() const;
    [[nodiscard]] std::vector<std::optional<double>> areas_under_roc() const;

    const plan::trained_model& model_;
    std::size_t units_;
    std::uint64_t samples_ = 0;
    // Classes.
    std::uint64_t correct_ = 0;
    std::vector<std::uint64_t> confusion_;   ///< row (the true class) by row
    std::vector<std::vector<float>> scores_; ///< by class, a sample each
    std::vector<std::uint32_t> labels_;
    // A regression, in the label's unit.
    double squares_ = 0;
    double absolute_ = 0;
    double mean_ = 0;
    double m2_ = 0; ///< of the labels (Welford, 1962)
};

} // namespace fedasio::steering
