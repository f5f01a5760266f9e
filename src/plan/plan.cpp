#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/metrics.hpp>
#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/json_field.hpp>
#include <fedasio/text/json_keys.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "plan/descriptions.hpp"
#include "plan/foreign_words.hpp"
#include "plan/plan_combinations.hpp"
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <variant>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

constexpr text::json_limits plan_limits{
    .bytes = limits::plan_bytes, .depth = limits::plan_depth, .comments = true};

json::value parse_text(std::string_view text, const std::string& file_name) {
    try {
        return parse_plan_text(text);
    } catch (const text::json_error& error) {
        throw text::field_error(file_name + ":" + error.what());
    }
}

} // namespace

json::value parse_plan_text(std::string_view text) {
    // Editors on Windows begin a file with a byte order mark.
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    return text::parse_json(text.starts_with(mark) ? text.substr(mark.size()) : text, plan_limits);
}

plan parse_plan(std::string_view text, const std::string& file_name) {
    return plan_from_json(parse_text(text, file_name), file_name);
}

plan plan_from_json(const json::value& content, const std::string& file_name, bool has_evaluator) {
    const text::json_field root(content, file_name, ": ", &plan_words);
    plan result;
    result.name = text::as_utf8(std::filesystem::path(file_name).stem().string());
    result.model.input = {1, 1, 0};
    result.has_evaluator = has_evaluator;
    text::read_keys(root, keys_of(result));
    if (result.strategy->takes() == method::intake::all && !content.get_object().contains("norm_bound")) {
        result.norm_bound.reset(); // its default is for sums
    }
    if (auto* images = std::get_if<data::image_source>(&result.source);
        images != nullptr && images->size == data::image_shape{}) {
        images->size = {result.model.input.height, result.model.input.width, result.model.input.channels};
    }
    check_together(result, root);
    return result;
}

plan parse_checked_plan(std::string_view text, const std::string& file_name, bool has_evaluator) {
    auto result = plan_from_json(parse_text(text, file_name), file_name, has_evaluator);
    check_model(result, file_name);
    return result;
}

plan read_plan(const std::filesystem::path& file, bool has_evaluator) {
    return plan_from_json(read_plan_json(file), file.string(), has_evaluator);
}

json::value read_plan_json(const std::filesystem::path& file) {
    std::ifstream in;
    try {
        in = text::open_input(file);
    } catch (const std::system_error& e) {
        throw text::field_error(file.string() + ": cannot be read (" + e.code().message() +
                                "); check the path");
    } catch (const std::runtime_error& e) {
        throw text::field_error(e.what());
    }
    // One byte more than allowed tells a file that is too long from one that just fits.
    std::string text(plan_limits.bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad() || (in.fail() && !in.eof())) {
        throw text::field_error(file.string() + ": cannot be read (" +
                                std::generic_category().message(errno) + "); check the path");
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    return parse_text(text, file.string());
}

json::object to_json(const plan& what) {
    auto copy = what;
    return text::write_keys(keys_of(copy));
}

std::string plan_digest(const plan& what) {
    json::object all = to_json(what);
    json::object decisive;
    for (const auto* key : {"seed", "model", "data", "clients", "local", "strategy", "fraction", "quorum"}) {
        decisive[key] = std::move(all[key]);
    }
    if (what.over_selection != 1.0) { // a plan from before there was this key keeps its digest
        decisive["over_selection"] = what.over_selection;
    }
    if (what.require_all) {
        decisive["require_all"] = true;
    }
    if (what.norm_bound != default_norm_bound) { // likewise
        decisive["norm_bound"] = std::move(all["norm_bound"]);
    }
    return store::sha256_hex(text::canonical_text(decisive));
}

std::string best_metric(const plan& what) {
    if (!what.keep_best.empty()) {
        return what.keep_best;
    }
    if (!is_tested(what)) {
        return "train_loss";
    }
    return is_regression(what) ? "test_loss" : "test_accuracy";
}

std::string stopping_metric(const plan& what) {
    return what.early_stopping && !what.early_stopping->metric.empty() ? what.early_stopping->metric
                                                                       : best_metric(what);
}

bool is_better_when_higher(const plan& what, std::string_view metric) {
    const auto own = what.judged_metrics.find(find_own_metric(metric).name);
    return own == what.judged_metrics.end() ? is_better_when_higher(metric) : own->second;
}

bool is_regression(const plan& what) {
    return std::holds_alternative<data::csv_source>(what.source) &&
           what.model.objective == nn::loss::mean_squared_error;
}

bool is_tested(const plan& what) {
    return what.test_fraction > 0 || master_tests(what);
}

bool has_test_files(const data::source_spec& source) {
    if (const auto* images = std::get_if<data::image_source>(&source)) {
        return !images->test.empty();
    }
    if (const auto* idx = std::get_if<data::idx_source>(&source)) {
        return !idx->test_images.empty();
    }
    const auto* csv = std::get_if<data::csv_source>(&source);
    return csv != nullptr && !csv->test.empty();
}

std::vector<std::string> names_of_units(const plan& what) {
    const auto* images = std::get_if<data::image_source>(&what.source);
    return what.class_names.empty() && images != nullptr ? images->classes : what.class_names;
}

bool master_tests(const plan& what) {
    return what.has_evaluator || has_test_files(what.source);
}

bool clients_keep_states(const plan& what) {
    return what.strategy->has_client_half() || !what.private_arrays.empty();
}

bool is_trainers_own(const plan& what) {
    return !what.initial_arrays.empty() || what.model_from_trainer;
}

bool knows_model(const plan& what) {
    return !what.initial_arrays.empty() || what.model.input.size() != 0;
}

bool is_for_trainer(const data::source_spec& source) {
    return std::holds_alternative<data::trainer_source>(source);
}

} // namespace fedasio::plan
