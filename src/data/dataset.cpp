#include <fedasio/data/dataset.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace fedasio::data {

dataset::dataset(std::vector<std::uint32_t> feature_dims, feature_values features,
                 std::vector<std::int32_t> classes, std::vector<std::string> class_names)
    : feature_dims_(std::move(feature_dims)), features_(std::move(features)), classes_(std::move(classes)),
      class_names_(std::move(class_names)) {
    check_shape(classes_.size());
    for (const std::int32_t label : classes_) {
        if (label < 0 || static_cast<std::size_t>(label) >= class_names_.size()) {
            throw std::invalid_argument("dataset: class " + std::to_string(label) + " is not in [0, " +
                                        std::to_string(class_names_.size()) + ")");
        }
    }
}

dataset::dataset(std::vector<std::uint32_t> feature_dims, feature_values features, std::vector<float> targets)
    : feature_dims_(std::move(feature_dims)), features_(std::move(features)), targets_(std::move(targets)) {
    check_shape(targets_.size());
}

namespace {

std::size_t value_count(const std::vector<std::uint8_t>& all) {
    return all.size();
}

std::size_t value_count(const std::vector<float>& all) {
    return all.size();
}

/// Of an honest table; check_table() finds the others.
std::size_t value_count(const table_rows& rows) {
    const auto each = rows.number_inputs.size() + rows.category_columns.size();
    return each == 0 ? 0 : (rows.numbers.size() + rows.places.size()) / each * rows.inputs;
}

} // namespace

void dataset::check_table(const table_rows& rows, std::size_t samples) {
    const auto fail = [](const char* what) {
        throw std::invalid_argument(std::string("dataset: the table ") + what);
    };
    if (rows.numbers.size() != samples * rows.number_inputs.size() ||
        rows.places.size() != samples * rows.category_columns.size()) {
        fail("has not one value for each row and column");
    }
    if (std::ranges::any_of(rows.number_inputs, [&](std::uint32_t input) { return input >= rows.inputs; })) {
        fail("has a number beyond its inputs");
    }
    for (std::size_t column = 0; column < rows.category_columns.size(); ++column) {
        const auto [first, categories] = rows.category_columns[column];
        if (first > rows.inputs || categories > rows.inputs - first) {
            fail("has a category beyond its inputs");
        }
        for (std::size_t i = column; i < rows.places.size(); i += rows.category_columns.size()) {
            if (rows.places[i] > categories) {
                fail("has a category that its column has not");
            }
        }
    }
}

void dataset::check_shape(std::size_t samples) {
    const std::size_t values = std::visit([](const auto& all) { return value_count(all); }, features_);
    if (const auto* rows = std::get_if<table_rows>(&features_)) {
        check_table(*rows, samples);
    }
    if (samples == 0 || samples > std::numeric_limits<std::uint32_t>::max() || values == 0 ||
        feature_dims_.empty()) {
        throw std::invalid_argument("dataset: needs between 1 and 2^32 - 1 samples of at least one feature");
    }
    // Dividing what is left, dimension by dimension, cannot overflow as multiplying could.
    std::size_t rest = values / samples;
    bool fits = values % samples == 0;
    for (const std::uint32_t dim : feature_dims_) {
        fits = fits && dim != 0 && rest % dim == 0;
        rest = fits ? rest / dim : 0;
    }
    if (!fits || rest != 1) {
        throw std::invalid_argument("dataset: " + std::to_string(values) + " feature values do not make " +
                                    std::to_string(samples) + " samples of the given dimensions");
    }
    size_ = samples;
    feature_count_ = values / samples;
}

void dataset::check_batch(std::span<const std::uint32_t> indices, std::size_t room,
                          std::size_t values_each) const {
    if (room != indices.size() * values_each) {
        throw std::invalid_argument("dataset: a batch of " + std::to_string(indices.size()) +
                                    " samples takes " + std::to_string(indices.size() * values_each) +
                                    " values, not " + std::to_string(room));
    }
    for (const std::uint32_t index : indices) {
        if (index >= size_) {
            throw std::out_of_range("dataset: sample " + std::to_string(index) + " of " +
                                    std::to_string(size_));
        }
    }
}

namespace {

// Samples lie anywhere in memory, so they are asked for so far ahead.
constexpr std::size_t samples_ahead = 2;

template <class Value>
void fetch(const Value* sample, std::size_t values) {
    constexpr std::size_t line = 64 / sizeof(Value);
    constexpr std::size_t most = 32 * line; // the processor finds out about the rest
    for (std::size_t i = 0; i < std::min(values, most); i += line) {
        __builtin_prefetch(sample + i);
    }
}

/// A pixel / 255, to the last bit, in half the time of a division: the first product is exact, so it does not
/// matter either which of them the compiler fuses with the sum.
constexpr float scaled(std::uint8_t pixel) {
    constexpr float most_of_it = 0x1.01p-8F;
    constexpr auto rest = static_cast<float>(1.0 / 255.0 - most_of_it);
    return static_cast<float>(pixel) * most_of_it + static_cast<float>(pixel) * rest;
}

constexpr bool scales_each_pixel() {
    for (int pixel = 0; pixel < 256; ++pixel) {
        if (scaled(static_cast<std::uint8_t>(pixel)) != static_cast<float>(pixel) / 255.0F) {
            return false;
        }
    }
    return true;
}

static_assert(scales_each_pixel());

} // namespace

void dataset::copy_features(std::span<const std::uint32_t> indices, std::span<float> out) const {
    check_batch(indices, out.size(), feature_count_);
    if (const auto* rows = std::get_if<table_rows>(&features_)) {
        copy_rows(*rows, indices, out);
        return;
    }
    const auto copy = [&](const auto& values) {
        using value = typename std::decay_t<decltype(values)>::value_type;
        float* to = out.data();
        for (std::size_t i = 0; i < indices.size(); ++i) {
            if (i + samples_ahead < indices.size()) {
                fetch(values.data() + indices[i + samples_ahead] * feature_count_, feature_count_);
            }
            const value* from = values.data() + indices[i] * feature_count_;
            if constexpr (std::is_same_v<value, std::uint8_t>) {
                std::transform(from, from + feature_count_, to, scaled);
            } else {
                std::copy_n(from, feature_count_, to);
            }
            to += feature_count_;
        }
    };
    if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&features_)) {
        copy(*bytes);
    } else {
        copy(std::get<std::vector<float>>(features_));
    }
}

void dataset::copy_rows(const table_rows& rows, std::span<const std::uint32_t> indices,
                        std::span<float> out) const {
    std::ranges::fill(out, 0.0F);
    float* to = out.data();
    for (const std::uint32_t index : indices) {
        const float* numbers = rows.numbers.data() + index * rows.number_inputs.size();
        for (const std::uint32_t input : rows.number_inputs) {
            to[input] = *numbers++;
        }
        const std::uint16_t* places = rows.places.data() + index * rows.category_columns.size();
        for (const auto& column : rows.category_columns) {
            if (const auto place = *places++; place != 0) {
                to[column.first_input + place - 1] = 1.0F;
            }
        }
        to += feature_count_;
    }
}

void dataset::copy_classes(std::span<const std::uint32_t> indices, std::span<std::int32_t> out) const {
    if (classes_.empty()) {
        throw std::invalid_argument("dataset: a regression has no classes; use copy_targets");
    }
    check_batch(indices, out.size(), 1);
    std::ranges::transform(indices, out.begin(), [this](std::uint32_t index) { return classes_[index]; });
}

void dataset::copy_targets(std::span<const std::uint32_t> indices, std::span<float> out) const {
    if (targets_.empty()) {
        throw std::invalid_argument("dataset: a classification has no target values; use copy_classes");
    }
    check_batch(indices, out.size(), 1);
    std::ranges::transform(indices, out.begin(), [this](std::uint32_t index) { return targets_[index]; });
}

} // namespace fedasio::data
