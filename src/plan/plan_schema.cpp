#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/json_keys.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "plan/descriptions.hpp"
#include <string>

namespace fedasio::plan {

namespace {

// What is not described yet; {} stands for what is. tests/plan/plan_schema_test.cpp asks the reader of plans
// whether all of this is so.
constexpr std::string_view written_by_hand =
    R"json({"type": "object", "text": "What is learned. Comments and trailing commas are allowed.", "keys": {
"name": {"type": "string", "text": "Shown on the dashboard and in reports; default: the file's name."},
"seed": {"type": "integer", "minimum": 0, "maximum": 18446744073709551615, "default": 1, "text": "Decides every random number: the same plan and seed give the same weights, bit for bit."},
"model": {"type": "object", "required": true, "text": "The network.", "keys": {
  "input": {"type": "array", "default": "auto", "text": "Shape of a sample: [n], [height, width] or [height, width, channels]; \"auto\" is for CSV only.", "items": {"type": "integer", "minimum": 1, "text": "A dimension."}},
  "layers": {"type": "array", "required": true, "text": "1 to 256 layers in order, the output last.", "items": {"type": "object", "tag": "type", "text": "A layer; names and meanings are those of Keras.",
    "variant_texts": {"dense": "Every output is connected to every input, which must be flat.", "conv2d": "Convolution.", "max_pool2d": "Maximum over squares that do not overlap.", "avg_pool2d": "Mean over squares that do not overlap.", "group_norm": "Shifts and scales each group of channels of a sample to mean 0 and variance 1.", "flatten": "Image to flat list.", "dropout": "In training, sets a share of the values to 0.", "activation": "An activation as a layer of its own."},
    "variants": {
      "dense": {
        "units": {"type": "integer", "required": true, "minimum": 1, "maximum": 1048576, "text": "Number of outputs."},
        "activation": {"type": "string", "default": "linear", "choices": ["linear", "relu", "tanh", "sigmoid", "softmax"], "text": "What is applied to the outputs."},
        "initializer": {"type": "string", "default": "he", "choices": ["he", "glorot"], "text": "Initial weights: he is good before relu, glorot before tanh and sigmoid."}},
      "conv2d": {
        "filters": {"type": "integer", "required": true, "minimum": 1, "maximum": 65536, "text": "Number of output channels."},
        "kernel_size": {"type": "integer", "default": [3, 3], "minimum": 1, "maximum": 1024, "text": "Size of the window: a number or [height, width]."},
        "strides": {"type": "integer", "default": 1, "minimum": 1, "maximum": 1024, "text": "Pixels from one place of the window to the next: a number or [n, n]."},
        "padding": {"type": "string", "default": "valid", "choices": ["valid", "same"], "text": "valid shrinks the image by the kernel's size less one, same keeps its size; strides then divide it."},
        "activation": {"type": "string", "default": "linear", "choices": ["linear", "relu", "tanh", "sigmoid", "softmax"], "text": "What is applied to the outputs."},
        "initializer": {"type": "string", "default": "he", "choices": ["he", "glorot"], "text": "Initial weights: he is good before relu, glorot before tanh and sigmoid."}},
      "max_pool2d": {
        "pool_size": {"type": "integer", "default": 2, "minimum": 1, "maximum": 1024, "text": "Side of the square: a number or [n, n]."}},
      "avg_pool2d": {
        "pool_size": {"type": "integer", "default": 2, "minimum": 1, "maximum": 1024, "text": "Side of the square: a number or [n, n]."}},
      "group_norm": {
        "groups": {"type": "integer", "required": true, "minimum": 1, "maximum": 65536, "text": "Into how many groups of neighbours the channels are divided."},
        "epsilon": {"type": "number", "default": 1e-5, "above": 0, "text": "Keeps from dividing by 0."}},
      "flatten": {},
      "dropout": {
        "rate": {"type": "number", "required": true, "minimum": 0, "below": 1, "text": "Share of the values that is set to 0."}},
      "activation": {
        "activation": {"type": "string", "required": true, "choices": ["linear", "relu", "tanh", "sigmoid", "softmax"], "text": "Which one."}}}}},
  "loss": {"type": "string", "default": "cross_entropy", "choices": ["cross_entropy", "mean_squared_error"], "text": "cross_entropy is for classes and needs a last softmax; mean_squared_error on a table learns a number."}}},
"data": {"type": "object", "required": true, "text": "The samples.", "keys": {
  "source": {"type": "object", "required": true, "tag": "type", "text": "Where the samples are. Workers read training files, the master test files.",
    "variant_texts": {"idx": "Images in the format of MNIST, plain or gzipped.", "csv": "Tables with a header line."},
    "variants": {
      "idx": {
        "train_images": {"type": "string", "required": true, "text": "Path of the images."},
        "train_labels": {"type": "string", "required": true, "text": "Path of their class numbers."},
        "test_images": {"type": "string", "text": "Path; both test files or neither."},
        "test_labels": {"type": "string", "text": "Path; both test files or neither."}},
      "csv": {
        "train": {"type": "string", "text": "Path; required unless the partition is local, where each worker brings its own table."},
        "test": {"type": "string", "text": "Path of a table with the same columns."},
        "label": {"type": "string", "required": true, "text": "The column to be learned."},
        "delimiter": {"type": "string", "default": ",", "text": "One ASCII character, such as \";\"."},
        "standardize": {"type": "boolean", "default": true, "text": "Shift and scale numeric columns to mean 0 and variance 1, over the rows of all clients."},
        "missing": {"type": "array", "text": "Words that stand for a missing value, whatever their case; an empty field is one anyway. Default: NA, N/A, #N/A, <NA>, NaN, NULL, #NULL!, None, ?, -, -- and a full stop.", "items": {"type": "string", "text": "A word."}},
        "decimal": {"type": "string", "choices": [".", ","], "text": "The decimal mark of numbers; default: a point."},
        "thousands": {"type": "string", "text": "What stands between groups of three digits: , . ' _ or a space; default: nothing."},
        "extra_columns": {"type": "string", "choices": ["refuse", "ignore"], "text": "Columns that not all tables have; default: refuse."},
        "unlabelled": {"type": "string", "choices": ["refuse", "skip"], "text": "Rows without a label; default: refuse."},
        "unseen": {"type": "string", "choices": ["refuse", "other"], "text": "Categories and classes that come up only after the tables were agreed on: other counts all such categories of a column as one, and leaves rows of such classes out; default: refuse."},
        "columns": {"type": "object", "default": {}, "text": "A column's name and its kind, where it is not to be guessed; texts that do not look like categories must be declared.", "values": {"type": "object", "tag": "type", "short": true, "text": "How a column becomes inputs.",
          "variant_texts": {"numeric": "A number.", "categorical": "One input for each value.", "ignored": "Not used."},
          "variants": {"numeric": {}, "categorical": {"categories": {"type": "array", "text": "The values, where they are to be fixed.", "items": {"type": "string", "text": "A value."}}}, "ignored": {}}}}}}},
  "partition": {},
  "test_fraction": {"type": "number", "default": 0.2, "minimum": 0, "below": 1, "text": "Share of its samples that each client holds out for testing, without test files."}}},
"clients": {"type": "integer", "default": 0, "minimum": 0, "maximum": 1000000, "text": "Into how many owners the data is divided; 0 is for the partition local: as many as join."},
"local": {},
"strategy": {},
"fraction": {"type": "number", "default": 1, "above": 0, "maximum": 1, "text": "Share of the clients that trains in a round, at least one client."},
"rounds": {"type": "integer", "required": true, "minimum": 1, "maximum": 1000000000, "text": "How many rounds."},
"target_accuracy": {"type": "number", "default": null, "above": 0, "maximum": 1, "text": "Training ends when the test accuracy reaches it. Needs test data and classes."},
"deadline": {"type": "number", "default": 600, "minimum": 0.001, "maximum": 1000000, "text": "Seconds for each step of a round; who has not answered by then is dropped from it."},
"quorum": {"type": "number", "default": 1, "above": 0, "maximum": 1, "text": "Share of the wanted updates that ends the training of a round before its deadline."},
"require_all": {"type": "boolean", "default": false, "text": "No round without every client: while one is missing the training waits, and then fails and names it."},
"over_selection": {"type": "number", "default": 1, "minimum": 1, "maximum": 10, "text": "So many times the wanted clients train, and the first to answer count."},
"norm_bound": {"type": "integer", "default": 16, "minimum": 2, "maximum": 65536, "text": "An update that moves the model over so many times as far as the median one is left out; a power of two, or null for no bound."},
"early_stopping": {"type": "object", "text": "Ends training when a metric has not become better for some rounds. Default: none.", "keys": {
  "metric": {"type": "string", "default": "auto", "choices": ["auto", "test_accuracy", "test_loss", "train_accuracy", "train_loss"], "text": "Of a round's result; auto: that of keep_best."},
  "patience": {"type": "integer", "required": true, "minimum": 1, "maximum": 1000000000, "text": "So many rounds without a better value end the training."},
  "least_change": {"type": "number", "default": 0, "minimum": 0, "maximum": 1000000, "text": "By how much a value must be better than the best before it to count."}}},
"checkpoint_every": {"type": "integer", "default": 5, "minimum": 0, "maximum": 1000000000, "text": "Rounds between checkpoints; 0 writes none."},
"keep_best": {"type": "string", "default": "auto", "choices": ["auto", "test_accuracy", "test_loss", "train_accuracy", "train_loss"], "text": "By what a model is the best, which is kept beside the last one; auto: test accuracy, in a regression test loss."}
}})json";

std::string whole_schema() {
    auto schema = text::parse_json(written_by_hand).as_object();
    auto& keys = schema["keys"].as_object();
    data::partition_spec partition;
    keys["data"].as_object()["keys"].as_object()["partition"] =
        text::schema_of(kinds_of(partition), "How the samples are divided among clients.");
    method::local_training local;
    keys["local"] = text::schema_of(keys_of(local), "What a client does in a round.");
    std::unique_ptr<method::strategy> strategy;
    keys["strategy"] = text::schema_of(kinds_of(strategy), "How updates become the next model.");
    return text::canonical_text(schema);
}

} // namespace

std::string_view plan_schema() {
    static const std::string schema = whole_schema();
    return schema;
}

} // namespace fedasio::plan
