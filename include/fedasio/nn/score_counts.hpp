#pragma once

#include <fedasio/nn/model_spec.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fedasio::nn {

/// How often a model gave samples of a class, and others, about the same score for it; from these counts
/// comes the area under the ROC curve (Hanley and McNeil, 1982), and the counts of two sets of samples add up
/// to those of both, whoever counted.
///
/// A score is the odds p / (1 - p) that the model gives the class, on a logarithmic scale from 2^-32 to 2^32:
/// each doubling is divided into the same number of steps, of equal width in p / (1 - p). Of two classes
/// there is one histogram, of class 1 with 128 steps a doubling; of more there is one a class, with the
/// largest power of two of steps (at most 128) for which all of them fit into `most_cells`. Under
/// cross_entropy p is the softmax of the outputs, under mean_squared_error that of 8 times the outputs.
class score_counts {
public:
    static constexpr std::size_t most_cells = 8192;
    /// With more classes nothing is counted.
    static constexpr std::size_t most_classes = 100;

    /// Scores that are counted together.
    struct cell {
        std::uint32_t place = 0;  ///< histogram by histogram, each from the lowest score to the highest
        std::uint64_t others = 0; ///< samples of other classes
        std::uint64_t own = 0;    ///< samples of the class

        friend bool operator==(const cell&, const cell&) = default;
    };

    score_counts() = default;
    explicit score_counts(std::size_t classes);

    [[nodiscard]] std::size_t classes() const noexcept { return classes_; }

    /// 0 if nothing is counted.
    [[nodiscard]] std::size_t histograms() const noexcept { return classes_ == 2 ? 1 : classes_; }

    [[nodiscard]] std::size_t bins() const noexcept { return bins_; }

    /// A sample of class `label`; `outputs` are as measure() takes them.
    void count(loss objective, std::span<const float> outputs, std::size_t label);
    /// The cells lie within histograms() * bins().
    void add(std::span<const cell> cells);
    void add(const score_counts& other);
    void clear();

    /// The cells with a sample in them, in the order of their places.
    [[nodiscard]] std::vector<cell> occupied() const;

private:
    void count(std::size_t histogram, double odds, bool own);

    std::size_t classes_ = 0;
    std::size_t bins_ = 0;
    unsigned step_bits_ = 0;
    std::vector<std::uint64_t> counts_; ///< others and own of each cell in turn
};

/// The area under the ROC curve: the probability that a sample of the class gets a higher score than another,
/// ties counting half. Of more than two classes it is the mean over those that have samples and are not all
/// (one against the rest). `cells` are as occupied() gives them, of histograms with `bins` each. Empty if no
/// class has both.
[[nodiscard]] std::optional<double> area_under_roc(std::span<const score_counts::cell> cells,
                                                   std::size_t bins);

} // namespace fedasio::nn
