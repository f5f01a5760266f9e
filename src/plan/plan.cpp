#include <fedasio/nn/network.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/text/json_field.hpp>
#include <fedasio/text/json_text.hpp>

#include "plan/foreign_words.hpp"
#include "plan/plan_combinations.hpp"
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <system_error>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

constexpr text::json_limits plan_limits{
    .bytes = limits::plan_bytes, .depth = limits::plan_depth, .comments = true};
constexpr text::interval share{.low = 0, .high = 1, .low_open = true};

using scheme = data::partition_spec::scheme;

using metric = std::pair<std::string_view, std::string_view>;
constexpr std::array<metric, 5> best_metrics{{{"auto", ""},
                                              {"test_accuracy", "test_accuracy"},
                                              {"test_loss", "test_loss"},
                                              {"train_accuracy", "train_accuracy"},
                                              {"train_loss", "train_loss"}}};

bool ends_in_softmax(const nn::model_spec& model) {
    if (model.layers.empty()) {
        return false;
    }
    const auto& last = model.layers.back();
    const auto* dense = std::get_if<nn::dense>(&last);
    const auto* act = std::get_if<nn::activate>(&last);
    return (dense != nullptr && dense->act == nn::activation::softmax) ||
           (act != nullptr && act->act == nn::activation::softmax);
}

json::value parse_text(std::string_view text, const std::string& file_name) {
    try {
        return parse_plan_text(text);
    } catch (const text::json_error& error) {
        throw text::field_error(file_name + ":" + error.what());
    }
}

void read_data(const text::json_field& field, plan& result) {
    const auto members = field.members({"source", "partition", "test_fraction"});
    const auto source =
        members.require("source", "write where the samples are, such as {\"type\": \"csv\", ...}");
    result.source = source_from_json(source.value(), source.where());
    if (const auto partition = members.find("partition")) {
        result.partition = partition_from_json(partition->value(), partition->where());
    }
    if (const auto test_fraction = members.find("test_fraction")) {
        result.test_fraction = test_fraction->real({.low = 0, .high = 1, .high_open = true});
    }
    const auto* csv = std::get_if<data::csv_source>(&result.source);
    if (csv != nullptr && csv->train.empty() && result.partition.type != scheme::local) {
        throw text::field_error(
            source.where("train"),
            "is missing: write the table's path, or set data.partition.scheme to \"local\" if each "
            "worker brings its own with --data");
    }
}

early_stopping read_early_stopping(const text::json_field& field) {
    const auto members = field.members({"metric", "patience", "least_change"});
    early_stopping result;
    if (const auto name = members.find("metric")) {
        result.metric = name->choice(std::span<const metric>(best_metrics));
    }
    result.patience =
        members.require("patience", "write after how many rounds without a better value to stop")
            .whole32(1, limits::rounds);
    if (const auto least = members.find("least_change")) {
        result.least_change = least->real({.low = 0, .high = 1e6});
    }
    return result;
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

plan plan_from_json(const json::value& content, const std::string& file_name) {
    const text::json_field root(content, file_name, ": ", &plan_words);
    const auto members =
        root.members({"name", "seed", "model", "data", "clients", "local", "strategy", "fraction", "rounds",
                      "target_accuracy", "deadline", "quorum", "require_all", "over_selection", "norm_bound",
                      "checkpoint_every", "keep_best", "early_stopping"});
    plan result;
    result.name = std::filesystem::path(file_name).stem().string();
    if (const auto name = members.find("name")) {
        result.name = name->text(limits::plan_name);
    }
    if (const auto seed = members.find("seed")) {
        result.seed = seed->whole(0, std::numeric_limits<std::uint64_t>::max());
    }
    const auto model = members.require("model", "write the network, {\"input\": [...], \"layers\": [...]}");
    result.model = model_from_json(model.value(), model.where());
    read_data(members.require("data", "write {\"source\": ..., \"partition\": ...}"), result);
    if (const auto clients = members.find("clients")) {
        result.clients = clients->whole32(0, limits::clients);
    }
    if (const auto local = members.find("local")) {
        result.local = local_training_from_json(local->value(), local->where());
    }
    if (const auto strategy = members.find("strategy")) {
        result.strategy = strategy_from_json(strategy->value(), strategy->where());
    }
    if (const auto fraction = members.find("fraction")) {
        result.fraction = fraction->real(share);
    }
    result.rounds = members.require("rounds", "write how many rounds to train").whole32(1, limits::rounds);
    const auto target = members.find("target_accuracy");
    if (target && !target->value().is_null()) {
        result.target_accuracy = target->real(share);
    }
    if (const auto deadline = members.find("deadline")) {
        const double seconds = deadline->real({.low = 0.001, .high = 1e6});
        result.deadline = std::chrono::milliseconds(std::llround(seconds * 1000.0));
    }
    if (const auto quorum = members.find("quorum")) {
        result.quorum = quorum->real(share);
    }
    if (const auto require_all = members.find("require_all")) {
        result.require_all = require_all->boolean();
    }
    if (const auto over_selection = members.find("over_selection")) {
        result.over_selection = over_selection->real({.low = 1.0, .high = 10.0});
    }
    if (const auto norm_bound = members.find("norm_bound")) {
        result.norm_bound.reset();
        if (!norm_bound->value().is_null()) {
            result.norm_bound = norm_bound->whole32(2, limits::norm_bound);
            if (!std::has_single_bit(*result.norm_bound)) {
                norm_bound->refuse("a power of two, such as 16 or 32, or null for no bound");
            }
        }
    }
    if (const auto checkpoint_every = members.find("checkpoint_every")) {
        result.checkpoint_every = checkpoint_every->whole32(0, limits::rounds);
    }
    if (const auto keep_best = members.find("keep_best")) {
        result.keep_best = keep_best->choice(std::span<const metric>(best_metrics));
    }
    if (const auto early = members.find("early_stopping"); early && !early->value().is_null()) {
        result.early_stopping = read_early_stopping(*early);
    }
    if (result.strategy->takes() == method::intake::all && !members.find("norm_bound")) {
        result.norm_bound.reset(); // its default is for sums
    }
    check_together(result, root);
    return result;
}

std::string problem_of_size(std::uint64_t parameters, const method::strategy& strategy) {
    const auto vectors =
        1 + strategy.channels().size() + (strategy.has_client_half() ? limits::state_vectors : 0);
    const auto most = limits::parameters / vectors;
    return parameters <= most
               ? std::string()
               : "the model has " + std::to_string(parameters) + " parameters, more than the " +
                     std::to_string(most) + " that fit into one message" +
                     (vectors == 1 ? ""
                                   : " with what the strategy " + std::string(strategy.name()) + " adds") +
                     "; give its layers fewer units or filters";
}

namespace {

/// What the data makes of the outputs, as far as the plan tells.
void check_outputs(const plan& what, const nn::network& whole, const std::string& file_name) {
    const auto units = whole.output().size();
    const auto last = what.model.layers.size() - 1;
    const std::string where = file_name + ": model.layers[" + std::to_string(last) + "]";
    if (is_regression(what)) {
        if (units != 1) {
            throw text::field_error(
                where, "gives " + std::to_string(units) +
                           " values, but a regression (model.loss \"mean_squared_error\" on a "
                           "table) learns one number: end with {\"type\": \"dense\", \"units\": 1}");
        }
        return;
    }
    const auto* table = std::get_if<data::csv_source>(&what.source);
    if (table == nullptr) {
        return;
    }
    const auto label = table->columns.find(table->label);
    if (label == table->columns.end() || label->second.categories.size() <= units) {
        return;
    }
    std::string names;
    for (const auto& name : label->second.categories) {
        names += (names.empty() ? "\"" : ", \"") + name + "\"";
    }
    throw text::field_error(where, "has " + std::to_string(units) +
                                       " units, but the plan gives the label \"" + table->label + "\" " +
                                       std::to_string(label->second.categories.size()) + " classes (" +
                                       names + "): give it one unit a class");
}

} // namespace

void check_model(const plan& what, const std::string& file_name) {
    auto spec = what.model;
    if (spec.input.size() == 0) {
        spec.input = {1, 1, 1}; // what does not fit together does not depend on the number of columns
    }
    try {
        if (is_regression(what) && ends_in_softmax(spec)) {
            throw std::invalid_argument(
                "layer " + std::to_string(spec.layers.size() - 1) +
                " is a softmax, which gives shares of 1, but a regression (model.loss "
                "\"mean_squared_error\" on a table) learns a number: end with {\"type\": \"dense\", "
                "\"units\": 1}, "
                "or learn classes with the loss cross_entropy");
        }
        const nn::network whole(spec);
        if (const auto problem = problem_of_size(whole.parameter_count(), *what.strategy); !problem.empty()) {
            throw std::invalid_argument(problem);
        }
        check_outputs(what, whole, file_name);
        if (what.model.input.size() != 0) {
            if (const auto problem = what.strategy->objection_to(whole); !problem.empty()) {
                throw text::field_error(file_name + ": strategy", problem);
            }
        }
    } catch (const std::invalid_argument& e) {
        const std::string problem = e.what();
        std::size_t number = 0;
        constexpr std::string_view begin = "layer ";
        const auto* const digits = problem.data() + std::min(begin.size(), problem.size());
        const auto parsed = std::from_chars(digits, problem.data() + problem.size(), number);
        const bool is_layer = problem.starts_with(begin) && parsed.ec == std::errc();
        const std::string where = file_name + ": model";
        throw text::field_error(where, problem,
                                is_layer ? where + ".layers[" + std::to_string(number) + "]" : where);
    }
}

plan parse_checked_plan(std::string_view text, const std::string& file_name) {
    auto result = parse_plan(text, file_name);
    check_model(result, file_name);
    return result;
}

plan read_plan(const std::filesystem::path& file) {
    return plan_from_json(read_plan_json(file), file.string());
}

json::value read_plan_json(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
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
    json::object result;
    result["name"] = what.name;
    result["seed"] = what.seed;
    result["model"] = to_json(what.model);
    result["data"] = {{"source", to_json(what.source)},
                      {"partition", to_json(what.partition)},
                      {"test_fraction", what.test_fraction}};
    result["clients"] = what.clients;
    result["local"] = to_json(what.local);
    result["strategy"] = to_json(*what.strategy);
    result["fraction"] = what.fraction;
    result["rounds"] = what.rounds;
    result["target_accuracy"] =
        what.target_accuracy ? json::value(*what.target_accuracy) : json::value(nullptr);
    result["deadline"] = static_cast<double>(what.deadline.count()) / 1000.0;
    result["quorum"] = what.quorum;
    // Left out where it says nothing, so that plans from before it keep their digests.
    if (what.require_all) {
        result["require_all"] = true;
    }
    result["over_selection"] = what.over_selection;
    result["norm_bound"] = what.norm_bound ? json::value(*what.norm_bound) : json::value(nullptr);
    result["checkpoint_every"] = what.checkpoint_every;
    result["keep_best"] = what.keep_best.empty() ? "auto" : what.keep_best;
    if (const auto& early = what.early_stopping) {
        result["early_stopping"] = {{"metric", early->metric.empty() ? "auto" : early->metric},
                                    {"patience", early->patience},
                                    {"least_change", early->least_change}};
    }
    return result;
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

bool is_regression(const plan& what) {
    return std::holds_alternative<data::csv_source>(what.source) &&
           what.model.objective == nn::loss::mean_squared_error;
}

bool is_tested(const plan& what) {
    return what.test_fraction > 0 || has_test_files(what.source);
}

bool has_test_files(const data::source_spec& source) {
    if (const auto* idx = std::get_if<data::idx_source>(&source)) {
        return !idx->test_images.empty();
    }
    return !std::get<data::csv_source>(source).test.empty();
}

} // namespace fedasio::plan
