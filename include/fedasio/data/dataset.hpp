#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace fedasio::data {

/// The rows of a table, of which a category is kept as its number and not as one input for each that there
/// is: 9,000 categories take two bytes a row.
struct table_rows {
    struct category_column {
        std::uint32_t first_input = 0;
        std::uint32_t categories = 0; ///< one input each
    };

    std::uint32_t inputs = 0;                 ///< of a row, when it is encoded
    std::vector<std::uint32_t> number_inputs; ///< the input that each number becomes
    std::vector<category_column> category_columns;
    std::vector<float> numbers;        ///< row by row
    std::vector<std::uint16_t> places; ///< row by row: from 1; 0 is a missing value, which is 0 in all inputs
};

/// Samples with their classes (classification) or target values (regression), all in memory.
///
/// Immutable after construction: any number of threads may read one data set, held by `shared_ptr<const
/// dataset>`. Features are row-major, `feature_count()` a sample. Those given as bytes stay bytes in memory
/// (a quarter of the size) and are scaled to [0, 1] by 1/255 as they are copied; those given as floats are
/// copied as they are, and those of a table are encoded as they are copied.
class dataset {
public:
    using feature_values = std::variant<std::vector<std::uint8_t>, std::vector<float>, table_rows>;

    /// A classification set. `feature_dims` is the shape of one sample, for example {28, 28}; `features` has
    /// product(feature_dims) values a sample, encoded; each class is in [0, class_names.size()).
    /// Throws std::invalid_argument if these do not fit together, or if there are no samples, or more than
    /// 2^32 - 1.
    dataset(std::vector<std::uint32_t> feature_dims, feature_values features,
            std::vector<std::int32_t> classes, std::vector<std::string> class_names);
    /// A regression set, with one target value a sample. Throws as above.
    dataset(std::vector<std::uint32_t> feature_dims, feature_values features, std::vector<float> targets);

    std::size_t size() const noexcept { return size_; }

    /// Values a sample: the product of `feature_dims()`.
    std::size_t feature_count() const noexcept { return feature_count_; }

    /// The shape of one sample: {28, 28} for an IDX file of 28 x 28 images, {n} for a table.
    std::span<const std::uint32_t> feature_dims() const noexcept { return feature_dims_; }

    /// 0 in a regression.
    std::size_t class_count() const noexcept { return class_names_.size(); }

    /// What each class is called in the data, by class number. Empty in a regression.
    std::span<const std::string> class_names() const noexcept { return class_names_; }

    /// The class of each sample. Empty in a regression.
    std::span<const std::int32_t> classes() const noexcept { return classes_; }

    /// The value to learn of each sample. Empty in a classification.
    std::span<const float> targets() const noexcept { return targets_; }

    /// Rows of the file, or images, that are no sample, because the plan leaves them out; told by who read
    /// it.
    std::uint64_t left_out() const noexcept { return left_out_; }

    void set_left_out(std::uint64_t rows, std::vector<std::string> reasons = {}) noexcept {
        left_out_ = rows;
        left_out_reasons_ = std::move(reasons);
    }

    /// Why, of the first of them, for people.
    [[nodiscard]] const std::vector<std::string>& left_out_reasons() const noexcept {
        return left_out_reasons_;
    }

    /// Assembles a batch: writes the features of the samples `indices`, in that order, to `out`
    /// [indices.size(), feature_count()]. An index may occur more than once.
    /// Throws std::out_of_range for an index >= size() and std::invalid_argument if `out` has another size;
    /// `out` is untouched then. The same holds for the two functions below.
    void copy_features(std::span<const std::uint32_t> indices, std::span<float> out) const;
    /// `out` [indices.size()]. Throws std::invalid_argument in a regression.
    void copy_classes(std::span<const std::uint32_t> indices, std::span<std::int32_t> out) const;
    /// `out` [indices.size()]. Throws std::invalid_argument in a classification.
    void copy_targets(std::span<const std::uint32_t> indices, std::span<float> out) const;

private:
    void check_shape(std::size_t samples);
    void check_table(const table_rows& rows, std::size_t samples);
    void check_batch(std::span<const std::uint32_t> indices, std::size_t room, std::size_t values_each) const;

    void copy_rows(const table_rows& rows, std::span<const std::uint32_t> indices,
                   std::span<float> out) const;

    std::vector<std::uint32_t> feature_dims_;
    feature_values features_;
    std::vector<std::int32_t> classes_;
    std::vector<float> targets_;
    std::vector<std::string> class_names_;
    std::uint64_t left_out_ = 0;
    std::vector<std::string> left_out_reasons_;
    std::size_t size_ = 0;
    std::size_t feature_count_ = 0;
};

} // namespace fedasio::data
