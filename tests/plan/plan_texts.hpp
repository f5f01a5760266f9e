#pragma once

#include <fedasio/plan/plan.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

// Plans as text, and what is said of them when something is changed.
namespace plan_texts {

using namespace fedasio::text;
using namespace fedasio::plan;

// Every key that must be there, and no other.
inline const std::string smallest = R"({
  "model": {"input": [4], "layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
  "data": {"source": {"type": "idx", "train_images": "images", "train_labels": "labels"}},
  "clients": 3,
  "rounds": 7
})";

// Every key with another value than its default.
inline const std::string fullest = R"({
  "name": "everything", "seed": 18446744073709551615,
  "model": {
    "input": [28, 30, 2],
    "layers": [
      {"type": "conv2d", "filters": 4, "kernel_size": [5, 2], "strides": 2, "padding": "same", "activation": "tanh", "initializer": "glorot"},
      {"type": "max_pool2d", "pool_size": 3},
      {"type": "activation", "activation": "sigmoid"},
      {"type": "dropout", "rate": 0.1},
      {"type": "flatten"},
      {"type": "dense", "units": 5, "activation": "relu", "initializer": "glorot"}
    ],
    "loss": "mean_squared_error"
  },
  "data": {
    "source": {
      "type": "csv", "train": "a.csv", "test": "b.csv", "label": "y", "delimiter": "\t", "standardize": false,
      "columns": {"n": "numeric", "c": {"type": "categorical", "categories": ["z", "a"]}, "i": "ignored", "d": "categorical"}
    },
    "partition": {"scheme": "local", "samples_per_client": 9},
    "test_fraction": 0.3
  },
  "clients": 6,
  "local": {
    "epochs": 2, "batch_size": 16,
    "optimizer": {"type": "adam", "learning_rate": 0.0031, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-5,
                  "weight_decay": 0.01, "proximal": 0.001}
  },
  "strategy": {"type": "fedavgm", "server_learning_rate": 0.7, "server_momentum": 0.3},
  "fraction": 0.1, "rounds": 11, "target_accuracy": null, "deadline": 1.5, "quorum": 0.9, "over_selection": 1.25,
  "checkpoint_every": 0
})";

inline plan parse(const std::string& text) {
    return parse_plan(text, "dir/file.json");
}

// The text with the value at a JSON pointer replaced, or the member removed if `value` is empty.
inline std::string with(const std::string& text, const std::string& pointer, const std::string& value) {
    boost::json::value json = parse_json(text);
    const auto cut = pointer.rfind('/');
    const std::string key = pointer.substr(cut + 1);
    boost::json::value& parent = cut == 0 ? json : json.at_pointer(pointer.substr(0, cut));
    if (value.empty()) {
        BOOST_REQUIRE(parent.as_object().erase(key) == 1U);
    } else if (parent.is_array()) {
        parent.at(std::stoul(key)) = parse_json(value);
    } else {
        parent.as_object()[key] = parse_json(value);
    }
    return canonical_text(json);
}

inline std::string error_of(const std::string& text) {
    try {
        static_cast<void>(parse(text));
    } catch (const field_error& error) {
        return error.what();
    }
    return "no error";
}

inline void check_error(const std::string& base, const std::string& pointer, const std::string& value,
                        const std::string& expected) {
    const std::string error = error_of(with(base, pointer, value));
    BOOST_TEST(error.find(expected) != std::string::npos,
               pointer << " = " << value << ": expected `" << expected << "` in: " << error);
}

inline void check_fine(const std::string& base, const std::string& pointer, const std::string& value) {
    const std::string error = error_of(with(base, pointer, value));
    BOOST_TEST(error == "no error", pointer << " = " << value << ": " << error);
}

inline const std::string csv_source =
    R"({"type": "csv", "train": "a.csv", "label": "y", "columns": {"c": "categorical"}})";
inline const std::string fmnist =
    R"({"type": "idx", "train_images": "a", "train_labels": "b", "test_images": "c", "test_labels": "d"})";

} // namespace plan_texts
