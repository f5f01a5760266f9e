// The engine against PyTorch: torch_vectors.json holds what PyTorch made, in float64, of many small networks,
// and torch_vectors.py says how. Dropout is not among them: its masks are this project's own.
//
// What is compared as a whole (the outputs, what a step did to one array) may differ by 1e-5 of
// the largest value in it. Value by value that much cannot be asked for: a gradient that is the small rest
// of large terms has the error of the terms. A loss is one number and is held to 1e-5 of itself.

#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/trainer.hpp>
#include <fedasio/plan/spec_json.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

using namespace fedasio::nn;
namespace json = boost::json;

namespace {

constexpr double tolerance = 1e-5;

/// The script's `stream`.
class split_mix {
public:
    split_mix(std::uint64_t seed, std::uint64_t purpose) : state_(seed * 8 + purpose) {}

    /// 24 bits.
    std::uint32_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return static_cast<std::uint32_t>((z ^ (z >> 31U)) >> 40U);
    }

    /// In [-1, 1).
    float next_signed() { return static_cast<float>(next()) * 0x1p-23F - 1.0F; }

private:
    std::uint64_t state_;
};

struct kept_array {
    explicit kept_array(const json::value& json) : stride(json.at("stride").to_number<std::size_t>()) {
        const std::string digits = json::value_to<std::string>(json.at("values"));
        for (std::size_t at = 0; at < digits.size(); at += 8) {
            std::uint32_t bits = 0;
            std::from_chars(digits.data() + at, digits.data() + at + 8, bits, 16);
            values.push_back(std::bit_cast<float>(bits));
        }
    }

    std::size_t stride;
    std::vector<float> values;
};

struct comparison {
    double largest = 0.0;
    double error = 0.0;

    void add(double found, double expected) {
        largest = std::max(largest, std::abs(expected));
        error = std::isnan(found) ? HUGE_VAL : std::max(error, std::abs(found - expected));
    }

    void check(const std::string& what) const {
        BOOST_TEST(error <= tolerance * largest, what << " is off by " << error << " of " << largest);
    }
};

/// What a case's training asks for beside its optimizer; see the script.
struct kept_pass {
    kept_pass(const json::object& json, std::uint64_t seed, std::size_t parameters) {
        if (const auto* const frozen_arrays = json.if_contains("frozen")) {
            frozen = json::value_to<std::vector<std::size_t>>(*frozen_arrays);
        }
        const auto draw = [&](const char* key, std::uint64_t purpose) {
            std::vector<float> values;
            if (const auto* const reach = json.if_contains(key)) {
                split_mix from(seed, purpose);
                values.resize(parameters);
                std::ranges::generate(values, [&] { return reach->to_number<float>() * from.next_signed(); });
            }
            return values;
        };
        const auto number = [&](const char* key) -> std::optional<float> {
            const auto* const value = json.if_contains(key);
            return value == nullptr ? std::nullopt : std::optional(value->to_number<float>());
        };
        correction = draw("correction", 3);
        anchor = draw("anchor", 4);
        proximal = number("proximal");
        learning_rate = number("learning_rate");
    }

    [[nodiscard]] training_pass from(std::span<const float> weights) const {
        return {.weights = weights,
                .correction = correction,
                .anchor = anchor,
                .proximal = proximal,
                .learning_rate = learning_rate,
                .frozen = frozen};
    }

    std::vector<float> correction;
    std::vector<float> anchor;
    std::optional<float> proximal;
    std::optional<float> learning_rate;
    std::vector<std::size_t> frozen;
};

/// One case of the file, with the inputs that both sides draw.
class vector_case {
public:
    explicit vector_case(const json::value& json)
        : json_(json), model_(fedasio::plan::model_from_json(json.at("model"))),
          optimizer_(fedasio::plan::optimizer_from_json(json.at("optimizer"))),
          batch_(json.at("batch").to_number<std::size_t>()),
          steps_(json.at("steps").to_number<std::size_t>()), weights_(model_.parameter_count()),
          features_(steps_ * batch_ * model_.input().size()) {
        const auto seed = json.at("seed").to_number<std::uint64_t>();
        split_mix from_weights(seed, 0);
        for (std::size_t i = 0; i < model_.parameters().size(); ++i) {
            const parameter& array = model_.parameters()[i];
            const auto reach = json.at("reach").at(i).to_number<float>();
            for (std::size_t at = array.offset; at < array.offset + array.size; ++at) {
                weights_[at] = reach * from_weights.next_signed();
            }
        }
        split_mix from_features(seed, 1);
        for (float& value : features_) {
            value = from_features.next_signed();
        }
        split_mix from_targets(seed, 2);
        if (json.at("targets").as_string() == "classes") {
            classes_.resize(steps_ * batch_);
            for (std::int32_t& label : classes_) {
                label = static_cast<std::int32_t>(from_targets.next() % model_.output().size());
            }
        } else {
            values_.resize(steps_ * batch_ * model_.output().size());
            for (float& value : values_) {
                value = from_targets.next_signed();
            }
        }
    }

    void check_outputs() const {
        const kept_array expected(json_.at("predicted"));
        std::vector<float> found(batch_ * model_.output().size());
        evaluator(model_, 4).predict(weights_, features_of(0), found, batch_);
        BOOST_REQUIRE_EQUAL(expected.values.size(), (found.size() - 1) / expected.stride + 1);
        comparison outputs;
        for (std::size_t i = 0; i < found.size(); i += expected.stride) {
            outputs.add(found[i], expected.values[i / expected.stride]);
        }
        outputs.check("an output");
    }

    void check_training() const {
        trainer trained(model_, optimizer_, batch_ + 2);
        const auto* const asked = json_.as_object().if_contains("pass");
        const kept_pass pass(asked == nullptr ? json::object() : asked->as_object(),
                             json_.at("seed").to_number<std::uint64_t>(), weights_.size());
        trained.begin(pass.from(weights_), fedasio::random_stream(1, fedasio::purpose::dropout));
        for (std::size_t step = 0; step < steps_; ++step) {
            const auto evaluated =
                evaluator(model_, 4).evaluate(trained.weights(), features_of(step), targets_of(step), batch_);
            check(evaluated, step, "evaluated");
            check(trained.step(features_of(step), targets_of(step), batch_), step, "trained");
        }
        for (std::size_t i = 0; i < model_.parameters().size(); ++i) {
            const bool is_frozen = std::ranges::find(pass.frozen, i) != pass.frozen.end();
            check_moved(trained.weights(), model_.parameters()[i], kept_array(json_.at("moved").at(i)),
                        is_frozen);
        }
    }

private:
    [[nodiscard]] std::span<const float> features_of(std::size_t step) const {
        const std::size_t size = batch_ * model_.input().size();
        return std::span(features_).subspan(step * size, size);
    }

    [[nodiscard]] targets targets_of(std::size_t step) const {
        if (!classes_.empty()) {
            return std::span(classes_).subspan(step * batch_, batch_);
        }
        const std::size_t size = batch_ * model_.output().size();
        return std::span(values_).subspan(step * size, size);
    }

    void check(const batch_result& found, std::size_t step, const std::string& how) const {
        comparison loss;
        loss.add(found.loss_sum, json_.at("loss_sums").at(step).to_number<double>());
        loss.check("the loss " + how + " before step " + std::to_string(step));
        BOOST_TEST(found.correct == json_.at("correct").at(step).to_number<std::size_t>());
    }

    void check_moved(std::span<const float> now, const parameter& array, const kept_array& expected,
                     bool is_frozen) const {
        BOOST_REQUIRE_EQUAL(expected.values.size(), (array.size - 1) / expected.stride + 1);
        comparison moved;
        for (std::size_t i = 0; i < array.size; i += expected.stride) {
            const std::size_t at = array.offset + i;
            moved.add(double{now[at]} - weights_[at], expected.values[i / expected.stride]);
        }
        BOOST_TEST((moved.largest > 0) == !is_frozen, array.name << " has moved, or the case shows nothing");
        moved.check("how far " + array.name + " moved");
    }

    json::value json_;
    network model_;
    optimizer_spec optimizer_;
    std::size_t batch_;
    std::size_t steps_;
    std::vector<float> weights_;
    std::vector<float> features_;
    std::vector<std::int32_t> classes_; ///< either these
    std::vector<float> values_;         ///< or these
};

[[nodiscard]] json::array read_cases() {
    std::ifstream in(FEDASIO_SOURCE_DIR "/tests/nn/torch_vectors.json");
    return json::parse(std::string(std::istreambuf_iterator<char>(in), {})).as_array();
}

} // namespace

BOOST_AUTO_TEST_CASE(agrees_with_pytorch) {
    const json::array cases = read_cases();
    BOOST_TEST(cases.size() > 100U);
    for (const json::value& json : cases) {
        const vector_case it(json);
        BOOST_TEST_CONTEXT("seed " << json.at("seed") << ", " << json.at("model") << ", "
                                   << json.at("optimizer") << ", "
                                   << (json.as_object().contains("pass") ? json.at("pass") : json::value())
                                   << ", batch " << json.at("batch")) {
            it.check_outputs();
            it.check_training();
        }
    }
}
