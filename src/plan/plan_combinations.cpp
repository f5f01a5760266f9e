#include "plan/plan_combinations.hpp"

#include <fedasio/method/quorum.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/nearest.hpp>
#include <fedasio/text/printable.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fedasio::plan {

namespace {

using scheme = data::partition_spec::scheme;

void check_images(const plan& what, const data::image_source& images, const text::json_field& root) {
    const auto& input = what.model.input;
    if (input.size() != 0 && input.channels != 1 && input.channels != 3) {
        throw text::field_error(
            root.where("model.input"),
            "has " + std::to_string(input.channels) +
                " channels, but images have 1 (grey) or 3 (colour); write [height, width, 3]");
    }
    if (images.size != data::image_shape{input.height, input.width, input.channels}) {
        throw text::field_error(root.where("data.source.size"), "is not model.input; remove the key");
    }
    if (what.partition.type == scheme::local && images.classes.empty()) {
        throw text::field_error(
            root.where("data.source.classes"),
            "is missing: owners have no common folder to find the classes in; write their "
            "names in the order of the model's units");
    }
    if (what.partition.type != scheme::local && images.train.empty()) {
        throw text::field_error(
            root.where("data.source.train"),
            "is missing: write the folder's path, or set data.partition.scheme to \"local\" if each worker "
            "brings its own with --data");
    }
}

/// Of the data, and of what is learned from it.
void check_data(const plan& what, const text::json_field& root) {
    const auto* table = std::get_if<data::csv_source>(&what.source);
    if (table != nullptr && table->train.empty() && what.partition.type != scheme::local) {
        throw text::field_error(
            root.where("data.source.train"),
            "is missing: write the table's path, or set data.partition.scheme to \"local\" if each worker "
            "brings its own with --data");
    }
    if (is_trainers_own(what) && !is_for_trainer(what.source)) {
        throw text::field_error(
            root.where("data.source"),
            "must be {\"type\": \"trainer\"}: the model is a trainer's own, and so is how it "
            "reads data");
    }
    if (what.has_evaluator && !what.private_arrays.empty()) {
        throw text::field_error(root.where("model.private"),
                                "names arrays that stay at the clients, so an evaluator would test half a "
                                "model; start the master without --evaluator and set data.test_fraction "
                                "above 0");
    }
    if (const auto* images = std::get_if<data::image_source>(&what.source)) {
        check_images(what, *images, root);
    }
    if (table == nullptr && !knows_model(what) && !what.model_from_trainer) {
        throw text::field_error(root.where("model.input"),
                                "is missing: write the shape of one image, such as [28, 28]");
    }
    if (what.clients == 0 && what.partition.type != scheme::local) {
        throw text::field_error(
            root.where("clients"),
            "must be at least 1 unless data.partition.scheme is \"local\"; write how many clients "
            "share the data");
    }
    if (is_regression(what)) {
        if (what.partition.type == scheme::shards || what.partition.type == scheme::dirichlet) {
            throw text::field_error(
                root.where("data.partition.scheme"),
                "deals samples by class, and a regression (model.loss \"mean_squared_error\" on a "
                "table) has none; use \"iid\" or \"local\"");
        }
    }
}

/// Of how images are varied, which only images can be. (What a trainer of the user's own does is its own.)
void check_augmentation(const plan& what, const text::json_field& root) {
    const auto& how = what.local.augmentation;
    if (how.is_none() || is_for_trainer(what.source)) {
        return;
    }
    const std::string key = how.flip ? "local.flip" : "local.crop";
    if (std::holds_alternative<data::csv_source>(what.source)) {
        throw text::field_error(root.where(key),
                                "varies images, and data.source is a table; remove `flip` and `crop`");
    }
    const auto& image = what.model.input;
    if (image.height == 1 && image.width == 1) {
        throw text::field_error(root.where(key),
                                "varies images, and model.input tells no height and width; write [height, "
                                "width] and put a layer \"flatten\" first");
    }
    const auto side = std::min(image.height, image.width);
    if (how.crop >= side) {
        throw text::field_error(root.where("local.crop"),
                                "can move an image of " + std::to_string(image.height) + " x " +
                                    std::to_string(image.width) +
                                    " pixels out of sight; it must be less than " + std::to_string(side));
    }
}

/// With the one of `metrics` that is called nearly so, if there is one.
std::string meant_by(const plan& what, std::string_view own) {
    std::vector<std::string_view> known;
    for (const auto& [name, is_higher] : what.judged_metrics) {
        known.emplace_back(name);
    }
    const auto meant = text::nearest(own, known);
    return meant.empty() ? std::string()
                         : "; or did you mean \"" + std::string(meant) + "\", of which it says so?";
}

/// Of a metric by which something is decided.
void check_metric(const plan& what, std::string_view metric, const std::string& where,
                  const std::string& remedy) {
    const auto own = find_own_metric(metric).name;
    const auto names = [&](std::string_view word) {
        return own.empty() && metric.find(word) != std::string_view::npos;
    };
    if (!own.empty() && !what.judged_metrics.contains(own)) {
        const std::string name(own);
        throw text::field_error(where, "names the metric \"" + name +
                                           "\" of a trainer, and the plan does not say what of it is better; "
                                           "write \"metrics\": {\"" +
                                           name + "\": \"higher\"} into the plan, or \"lower\"" +
                                           meant_by(what, own));
    }
    if (is_regression(what) && (names("accuracy") || names("_auc"))) {
        throw text::field_error(
            where, "a regression (model.loss \"mean_squared_error\" on a table) has no accuracy; " + remedy);
    }
    if (!is_regression(what) && (names("_r2") || names("_rmse") || names("_mae"))) {
        throw text::field_error(where, "only a regression (model.loss \"mean_squared_error\" on a table) has "
                                       "errors in the label's unit; " +
                                           remedy);
    }
    const bool is_others_test =
        is_for_trainer(what.source) || (what.has_evaluator && !has_test_files(what.source));
    if (is_others_test && (names("_auc") || names("_r2") || names("_rmse") || names("_mae"))) {
        throw text::field_error(
            where,
            "is of tests that fedasio makes itself; a trainer and an evaluator tell loss, accuracy and "
            "metrics of their own: write \"metrics\": {\"auc\": \"higher\"} into the plan and name "
            "\"test_metrics.auc\" here, and let the script tell it, or " +
                remedy);
    }
    const bool clients_test = what.test_fraction > 0 && !master_tests(what);
    if (names("_median") && !clients_test) {
        throw text::field_error(
            where, "is the median of what clients find, and the master tests alone here; " + remedy);
    }
    if (metric.starts_with("personal_") && (!what.strategy->is_personal() || what.test_fraction == 0)) {
        throw text::field_error(where, "is of the clients' own models: it needs a strategy that gives them "
                                       "some (such as ditto or fedper) and data.test_fraction above 0; " +
                                           remedy);
    }
    if (find_own_metric(metric).is_test && has_test_files(what.source)) {
        throw text::field_error(
            where, "is of the tests of trainers, and the master tests alone here, on its files; name one of "
                   "train_metrics, or " +
                       remedy);
    }
    if (metric.starts_with("test_") && !is_tested(what)) {
        throw text::field_error(
            where,
            "needs test data; name test files in data.source, set data.test_fraction above 0, or start "
            "the master with an --evaluator");
    }
}

std::string updates(std::uint64_t number) {
    return std::to_string(number) + (number == 1 ? " update" : " updates");
}

/// Of the strategy, with how clients train and how many of them.
void check_strategy(const plan& what, const text::json_field& root) {
    const auto& strategy = *what.strategy;
    const std::string name(strategy.name());
    if (is_for_trainer(what.source) && strategy.has_client_half()) {
        throw text::field_error(root.where("strategy"),
                                name + " asks more of a client than to train, which a trainer of one's own "
                                       "does not know; use another one, such as fedavg or fedadam");
    }
    if (const auto problem = strategy.objection(what.local); !problem.empty()) {
        throw text::field_error(root.where("strategy"), problem);
    }
    if (strategy.takes() == method::intake::all && what.norm_bound) {
        throw text::field_error(root.where("norm_bound"),
                                "the strategy " + name +
                                    " judges every update itself and needs all of them; remove the key");
    }
    if (what.clients == 0) {
        return;
    }
    const auto fewest = strategy.fewest_updates();
    const std::uint64_t cohort = method::clients_per_round(what.fraction, what.clients);
    if (cohort < fewest) {
        throw text::field_error(
            root.where("strategy"),
            name + " needs " + updates(fewest) + " in a round, but only " + std::to_string(cohort) +
                " clients train in one; raise `clients` or `fraction`, or change its keys");
    }
    const auto enough = method::quorum(what.quorum, cohort);
    if (enough < fewest) {
        throw text::field_error(root.where("quorum"), "ends a round with " + updates(enough) +
                                                          ", but the strategy " + name + " needs " +
                                                          std::to_string(fewest) +
                                                          "; raise it, or change the keys of the strategy");
    }
}

} // namespace

void check_together(const plan& what, const text::json_field& root) {
    check_data(what, root);
    check_augmentation(what, root);
    if (what.target_accuracy) {
        check_metric(what, "test_accuracy", root.where("target_accuracy"), "remove the key");
    }
    check_metric(what, what.keep_best, root.where("keep_best"), "write \"test_loss\", or remove the key");
    if (what.early_stopping) {
        check_metric(what, what.early_stopping->metric, root.where("early_stopping.metric"),
                     "write \"test_loss\", or remove the key");
    }
    check_strategy(what, root);
}

std::string memory_note(const plan& what, std::uint64_t parameters) {
    const auto vector = parameters * sizeof(float);
    const std::string name(what.strategy->name());
    std::string note;
    if (what.strategy->takes() == method::intake::all) {
        const auto cohort = std::max(1.0, std::round(what.fraction * what.clients));
        note = "The strategy " + name + " keeps every update of a round: ";
        note += what.clients == 0
                    ? text::size_text(vector) + " a client at the master."
                    : text::size_text(static_cast<std::uint64_t>(cohort) * vector) + " at the master.";
    }
    if (what.strategy->has_client_half()) {
        note += (note.empty() ? "" : " ") + std::string("With the strategy ") + name +
                " a client may keep up to " + text::size_text(limits::state_vectors * vector) +
                " from one round to the next.";
    }
    return note;
}

} // namespace fedasio::plan
