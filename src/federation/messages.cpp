#include <fedasio/federation/limits.hpp>
#include <fedasio/federation/messages.hpp>
#include <fedasio/federation/plan_error.hpp>
#include <fedasio/federation/spec_json.hpp>
#include <fedasio/net/printable.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "federation/json_field.hpp"
#include <cmath>
#include <limits>
#include <utility>

namespace fedasio::federation {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::uint64_t any_number = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t any_number32 = std::numeric_limits<std::uint32_t>::max();
constexpr interval any_real{-std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
constexpr interval not_negative{0, std::numeric_limits<double>::max()};
constexpr interval share{0, 1};
// Of losses or squared errors: more than any float32 outputs make of `limits::samples`, and a million of
// these sums add up without overflow.
constexpr interval error_sum{0, 1e100};
constexpr std::size_t numbers_a_cell = 3; ///< of evaluation::scores
static_assert(nn::score_counts::most_classes == limits::shown_classes);

/// A message: its keys by name, unknown ones ignored.
class reader {
public:
    reader(const object& meta, std::string name) : meta_(meta), name_(std::move(name)) {}

    [[nodiscard]] std::optional<json_field> find(std::string_view key) const {
        const auto* found = meta_.if_contains({key.data(), key.size()});
        if (found == nullptr || found->is_null()) {
            return std::nullopt;
        }
        return json_field(*found, name_ + "." + std::string(key));
    }

    [[nodiscard]] json_field get(std::string_view key) const {
        auto found = find(key);
        if (!found) {
            throw plan_error(name_ + "." + std::string(key) + " is missing");
        }
        return std::move(*found);
    }

    [[nodiscard]] std::uint32_t number32(std::string_view key) const {
        return get(key).whole32(0, any_number32);
    }

    [[nodiscard]] std::uint64_t number(std::string_view key, std::uint64_t most = any_number) const {
        return get(key).whole(0, most);
    }

    [[nodiscard]] double real(std::string_view key, const interval& range) const {
        return get(key).real(range);
    }

    [[nodiscard]] std::string text(std::string_view key, std::size_t longest) const {
        return get(key).text(longest);
    }

    [[nodiscard]] std::string text_or_empty(std::string_view key, std::size_t longest) const {
        const auto found = find(key);
        const bool empty = !found || (found->value().is_string() && found->value().get_string().empty());
        return empty ? std::string() : found->text(longest);
    }

private:
    const object& meta_;
    std::string name_;
};

const object& as_object(const json_field& field) {
    if (!field.value().is_object()) {
        field.refuse("an object");
    }
    return field.value().get_object();
}

array to_array(const std::vector<std::string>& texts) {
    array result;
    result.reserve(texts.size());
    for (const auto& text : texts) {
        result.emplace_back(text);
    }
    return result;
}

/// What stands in a cell of a table: unlike other texts it may hold line ends and tabs, or nothing.
std::string cell_text(const json_field& field) {
    if (!field.value().is_string() || field.value().get_string().size() > limits::cell) {
        field.refuse("a string of at most " + std::to_string(limits::cell) + " bytes");
    }
    return std::string(field.value().get_string());
}

std::vector<std::string> read_texts(const std::optional<json_field>& field, std::size_t most) {
    std::vector<std::string> result;
    if (field) {
        for (const auto& item : field->items(0, most)) {
            result.push_back(cell_text(item));
        }
    }
    return result;
}

/// An array of counts. There may be thousands, so that a name is made only for one that is wrong.
std::vector<std::uint64_t> read_counts(const std::optional<json_field>& field, std::size_t most) {
    std::vector<std::uint64_t> result;
    if (!field) {
        return result;
    }
    if (!field->value().is_array() || field->value().get_array().size() > most) {
        field->refuse("an array of at most " + std::to_string(most) + " counts");
    }
    const auto& counts = field->value().get_array();
    result.reserve(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto* const plain = counts[i].if_int64();
        result.push_back(plain != nullptr && *plain >= 0 && *plain <= std::int64_t{limits::samples}
                             ? static_cast<std::uint64_t>(*plain)
                             : json_field(counts[i], field->where() + "[" + std::to_string(i) + "]")
                                   .whole(0, limits::samples));
    }
    return result;
}

std::vector<nn::score_counts::cell> read_scores(const std::optional<json_field>& field) {
    const auto numbers = read_counts(field, numbers_a_cell * nn::score_counts::most_cells);
    if (numbers.size() % numbers_a_cell != 0) {
        field->refuse("three counts for each cell");
    }
    std::vector<nn::score_counts::cell> cells;
    cells.reserve(numbers.size() / numbers_a_cell);
    for (std::size_t i = 0; i < numbers.size(); i += numbers_a_cell) {
        const auto place = numbers[i];
        const bool rises = cells.empty() || place > cells.back().place;
        if (!rises || place >= nn::score_counts::most_cells) {
            field->fail("cells stand in the order of their places, each once, and there are " +
                        std::to_string(nn::score_counts::most_cells) + " at most");
        }
        cells.push_back({static_cast<std::uint32_t>(place), numbers[i + 1], numbers[i + 2]});
    }
    return cells;
}

// The numbers of enumerators are no part of the protocol; these words are.
constexpr std::pair<std::string_view, data::csv_column::kind> column_kinds[] = {
    {"numeric", data::csv_column::kind::numeric},
    {"categorical", data::csv_column::kind::categorical},
    {"ignored", data::csv_column::kind::ignored},
};

constexpr std::pair<std::string_view, standing::kind> standings[] = {
    {"takes_part", standing::kind::takes_part},
    {"left_out", standing::kind::left_out},
    {"no_client", standing::kind::no_client},
    {"resting", standing::kind::resting},
};

std::string_view word_of(data::csv_column::kind kind) {
    for (const auto& [word, value] : column_kinds) {
        if (value == kind) {
            return word;
        }
    }
    return "";
}

/// How tables are read; a schema from before there were these keys knows empty fields only.
void read_reading(const reader& in, data::csv_schema& schema) {
    schema.notation.missing = read_texts(in.find("missing"), limits::missing_words);
    const auto decimal = in.text_or_empty("decimal", 1);
    if (!decimal.empty() && decimal != "." && decimal != ",") {
        in.get("decimal").refuse("\".\" or \",\"");
    }
    schema.notation.decimal = decimal.empty() ? '.' : decimal.front();
    const auto thousands = in.text_or_empty("thousands", 1);
    schema.notation.thousands = thousands.empty() ? '\0' : thousands.front();
    schema.ignore_extra_columns = in.text_or_empty("extra_columns", limits::worker_name) == "ignore";
    schema.skip_unlabelled = in.text_or_empty("unlabelled", limits::worker_name) == "skip";
    schema.unseen_is_other = in.text_or_empty("unseen", limits::worker_name) == "other";
}

data::csv_schema read_schema(const object& meta, const std::string& where) {
    const reader in(meta, where);
    data::csv_schema schema;
    const auto delimiter = cell_text(in.get("delimiter"));
    if (delimiter.size() != 1) {
        in.get("delimiter").refuse("one character");
    }
    schema.delimiter = delimiter.front();
    schema.standardize = in.get("standardize").boolean();
    schema.regression = in.get("regression").boolean();
    schema.label = cell_text(in.get("label"));
    schema.label_mean = in.real("label_mean", any_real);
    schema.label_deviation =
        in.real("label_deviation", interval{0, std::numeric_limits<double>::max(), true});
    schema.classes = read_texts(in.find("classes"), data::most_categories);
    read_reading(in, schema);
    for (const auto& item : in.get("columns").items(0, limits::table_columns)) {
        const reader entry(as_object(item), item.where());
        data::csv_column_schema column;
        column.name = cell_text(entry.get("name"));
        column.type = entry.get("type").choice<data::csv_column::kind>(column_kinds);
        if (column.type == data::csv_column::kind::numeric) {
            column.mean = entry.real("mean", any_real);
            column.deviation = entry.real("deviation", not_negative);
        } else if (column.type == data::csv_column::kind::categorical) {
            column.categories = read_texts(entry.find("categories"), data::most_categories);
        }
        schema.columns.push_back(std::move(column));
    }
    return schema;
}

std::optional<double> real_if(const std::optional<json_field>& field, const interval& range) {
    return field ? std::optional(field->real(range)) : std::nullopt;
}

void put(object& into, const char* key, const std::optional<double>& number) {
    if (number) {
        into[key] = *number;
    }
}

} // namespace

data::csv_schema read_schema(const object& schema) {
    return read_schema(schema, "schema");
}

object to_json(const data::csv_schema& schema) {
    array columns;
    for (const auto& column : schema.columns) {
        object entry{{"name", column.name}, {"type", word_of(column.type)}};
        if (column.type == data::csv_column::kind::numeric) {
            entry["mean"] = column.mean;
            entry["deviation"] = column.deviation;
        } else if (column.type == data::csv_column::kind::categorical) {
            entry["categories"] = to_array(column.categories);
        }
        columns.emplace_back(std::move(entry));
    }
    object result{{"delimiter", std::string(1, schema.delimiter)},
                  {"standardize", schema.standardize},
                  {"regression", schema.regression},
                  {"label", schema.label},
                  {"label_mean", schema.label_mean},
                  {"label_deviation", schema.label_deviation},
                  {"classes", to_array(schema.classes)},
                  {"columns", std::move(columns)},
                  {"missing", to_array(schema.notation.missing)}};
    if (schema.notation.decimal != '.') {
        result["decimal"] = std::string(1, schema.notation.decimal);
    }
    if (schema.notation.thousands != '\0') {
        result["thousands"] = std::string(1, schema.notation.thousands);
    }
    if (schema.ignore_extra_columns) {
        result["extra_columns"] = "ignore";
    }
    if (schema.skip_unlabelled) {
        result["unlabelled"] = "skip";
    }
    if (schema.unseen_is_other) {
        result["unseen"] = "other";
    }
    return result;
}

std::string problem_of_name(std::string_view name) {
    if (name.size() > limits::worker_name || net::is_blank(name)) {
        return "a name has 1 to 64 bytes, and not only spaces";
    }
    return net::is_printable(name) ? std::string()
                                   : "a name has no control characters, and none that cannot be seen or "
                                     "change the direction of writing";
}

object to_meta(const hello& what) {
    return {{"name", what.name},
            {"clients", what.clients},
            {"threads", what.threads},
            {"version", what.version},
            {"instruction_set", what.instruction_set}};
}

hello read_hello(const object& meta) {
    const reader in(meta, "hello");
    hello what;
    what.name = in.text("name", limits::worker_name);
    if (const auto problem = problem_of_name(what.name); !problem.empty()) {
        in.get("name").fail(problem);
    }
    what.clients = in.find("clients") ? in.get("clients").whole32(0, limits::clients) : 0;
    what.threads = in.find("threads") ? in.get("threads").whole32(1, limits::worker_threads) : 1;
    what.version = in.text_or_empty("version", limits::worker_name);
    what.instruction_set = in.text_or_empty("instruction_set", limits::worker_name);
    return what;
}

object to_meta(const welcome& what) {
    return {{"worker", what.worker}, {"plan", what.plan}};
}

welcome read_welcome(const object& meta) {
    const reader in(meta, "welcome");
    welcome what;
    what.worker = in.number32("worker");
    what.plan = in.text_or_empty("plan", limits::sentence);
    return what;
}

object to_meta(const survey& what) {
    return {{"source", to_json(what.source)}, {"regression", what.regression}};
}

survey read_survey(const object& meta) {
    const reader in(meta, "survey");
    survey what;
    what.source = source_from_json(in.get("source").value(), "survey.source");
    what.regression = in.get("regression").boolean();
    return what;
}

object to_meta(const data::csv_summary& what) {
    array columns;
    for (const auto& column : what.columns) {
        object entry{{"name", column.name},       {"count", column.count}, {"missing", column.missing},
                     {"numeric", column.numeric}, {"mean", column.mean},   {"m2", column.m2}};
        entry["categories"] = to_array(column.categories);
        columns.emplace_back(std::move(entry));
    }
    object meta{{"rows", what.rows}, {"columns", std::move(columns)}};
    if (what.left_out != 0) {
        meta["left_out"] = what.left_out;
    }
    return meta;
}

data::csv_summary read_summary(const object& meta) {
    const reader in(meta, "summary");
    data::csv_summary what;
    what.rows = in.number("rows", limits::samples);
    what.left_out = in.find("left_out") ? in.number("left_out", limits::samples) : 0;
    for (const auto& item : in.get("columns").items(1, limits::table_columns)) {
        const reader entry(as_object(item), item.where());
        data::csv_column_summary column;
        column.name = cell_text(entry.get("name"));
        column.count = entry.number("count", limits::samples);
        column.missing = entry.number("missing", limits::samples);
        column.numeric = entry.get("numeric").boolean();
        column.mean = entry.real("mean", any_real);
        column.m2 = entry.real("m2", not_negative);
        column.categories = read_texts(entry.find("categories"), data::most_categories);
        what.columns.push_back(std::move(column));
    }
    return what;
}

object to_meta(const load& what) {
    array clients;
    for (const auto client : what.clients) {
        clients.emplace_back(client);
    }
    object meta{{"seed", what.seed},
                {"source", to_json(what.source)},
                {"partition", to_json(what.partition)},
                {"holdout", what.holdout},
                {"clients_total", what.clients_total},
                {"clients", std::move(clients)}};
    if (what.schema) {
        meta["schema"] = to_json(*what.schema);
    }
    if (what.label_counts) {
        meta["label_counts"] = true;
    }
    return meta;
}

load read_load(const object& meta) {
    const reader in(meta, "load");
    load what;
    what.seed = in.number("seed");
    what.source = source_from_json(in.get("source").value(), "load.source");
    what.partition = partition_from_json(in.get("partition").value(), "load.partition");
    if (const auto schema = in.find("schema")) {
        what.schema = read_schema(as_object(*schema), schema->where());
    }
    what.holdout = in.real("holdout", interval{0, 1, false, true});
    what.clients_total = in.get("clients_total").whole32(1, limits::clients);
    for (const auto& item : in.get("clients").items(0, limits::clients)) {
        what.clients.push_back(item.whole32(0, what.clients_total - 1));
    }
    what.label_counts = in.find("label_counts") && in.get("label_counts").boolean();
    return what;
}

object to_meta(const loaded& what) {
    array clients;
    for (const auto& entry : what.clients) {
        object counts{{"client", entry.client}, {"samples", entry.samples}, {"held_out", entry.held_out}};
        if (!entry.labels.empty()) {
            counts["labels"] = array(entry.labels.begin(), entry.labels.end());
        }
        clients.emplace_back(std::move(counts));
    }
    object meta{{"clients", std::move(clients)}};
    if (!what.digest.empty()) {
        meta["digest"] = what.digest;
    }
    if (what.left_out != 0) {
        meta["left_out"] = what.left_out;
    }
    return meta;
}

loaded read_loaded(const object& meta) {
    const reader in(meta, "loaded");
    loaded what;
    what.left_out = in.find("left_out") ? in.number("left_out", limits::samples) : 0;
    for (const auto& item : in.get("clients").items(0, limits::clients)) {
        const reader entry(as_object(item), item.where());
        loaded::client_data client;
        client.client = entry.number32("client");
        client.samples = entry.number("samples", limits::samples);
        client.held_out = entry.find("held_out") ? entry.number("held_out", limits::samples) : 0;
        client.labels = read_counts(entry.find("labels"), limits::shown_classes);
        what.clients.push_back(std::move(client));
    }
    what.digest = in.text_or_empty("digest", limits::digest);
    return what;
}

object to_meta(const model& what) {
    return {{"seed", what.seed},
            {"network", to_json(what.network)},
            {"local", to_json(what.local)},
            {"parameters", what.parameters}};
}

model read_model(const object& meta) {
    const reader in(meta, "model");
    model what;
    what.seed = in.number("seed");
    what.network = model_from_json(in.get("network").value(), "model.network");
    what.local = local_training_from_json(in.get("local").value(), "model.local");
    what.parameters = in.number("parameters", limits::parameters);
    return what;
}

object to_meta(const weights& what) {
    return {{"version", what.version}};
}

weights read_weights(const object& meta) {
    return weights{reader(meta, "weights").number32("version")};
}

object to_meta(const train& what) {
    return {{"round", what.round}, {"client", what.client}, {"version", what.version}};
}

train read_train(const object& meta) {
    const reader in(meta, "train");
    return train{in.number32("round"), in.number32("client"), in.number32("version")};
}

object to_meta(const update& what) {
    object meta{{"round", what.round},
                {"client", what.client},
                {"samples", what.samples},
                {"loss", what.loss},
                {"seconds", what.seconds}};
    put(meta, "accuracy", what.accuracy);
    return meta;
}

update read_update(const object& meta) {
    const reader in(meta, "update");
    update what;
    what.round = in.number32("round");
    what.client = in.number32("client");
    what.samples = in.number("samples", limits::samples);
    what.loss = in.real("loss", error_sum);
    if (const auto accuracy = in.find("accuracy")) {
        what.accuracy = accuracy->real(share);
    }
    what.seconds = in.find("seconds") ? in.real("seconds", interval{0, 1e9}) : 0;
    return what;
}

object to_meta(const evaluate& what) {
    object meta{{"round", what.round}, {"client", what.client}, {"version", what.version}};
    if (what.confusion) {
        meta["confusion"] = true;
    }
    if (what.scores) {
        meta["scores"] = true;
    }
    return meta;
}

evaluate read_evaluate(const object& meta) {
    const reader in(meta, "evaluate");
    evaluate what{in.number32("round"), in.number32("client"), in.number32("version")};
    what.confusion = in.find("confusion") && in.get("confusion").boolean();
    what.scores = in.find("scores") && in.get("scores").boolean();
    return what;
}

object to_meta(const evaluation& what) {
    object meta{{"client", what.client},
                {"samples", what.samples},
                {"loss_sum", what.loss_sum},
                {"correct", what.correct}};
    if (!what.confusion.empty()) {
        meta["confusion"] = array(what.confusion.begin(), what.confusion.end());
    }
    if (!what.scores.empty()) {
        array cells;
        cells.reserve(numbers_a_cell * what.scores.size());
        for (const auto& [place, others, own] : what.scores) {
            cells.emplace_back(place);
            cells.emplace_back(others);
            cells.emplace_back(own);
        }
        meta["scores"] = std::move(cells);
    }
    put(meta, "absolute_sum", what.absolute_sum);
    put(meta, "label_mean", what.label_mean);
    put(meta, "label_m2", what.label_m2);
    return meta;
}

evaluation read_evaluation(const object& meta) {
    const reader in(meta, "evaluation");
    evaluation what;
    what.client = in.number32("client");
    what.samples = in.number("samples", limits::samples);
    what.loss_sum = in.real("loss_sum", error_sum);
    what.correct = in.number("correct", what.samples);
    what.confusion = read_counts(in.find("confusion"), limits::shown_classes * limits::shown_classes);
    what.scores = read_scores(in.find("scores"));
    what.absolute_sum = real_if(in.find("absolute_sum"), error_sum);
    what.label_mean = real_if(in.find("label_mean"), any_real);
    what.label_m2 = real_if(in.find("label_m2"), error_sum);
    return what;
}

object to_meta(const cancel& what) {
    return {{"round", what.round}};
}

cancel read_cancel(const object& meta) {
    return cancel{reader(meta, "cancel").number32("round")};
}

object to_meta(const run_over& what) {
    return {{"reason", what.reason}};
}

run_over read_run_over(const object& meta) {
    return run_over{reader(meta, "run_over").text_or_empty("reason", limits::sentence)};
}

object to_meta(const measurements& what) {
    return {{"cpu_percent", what.cpu_percent}, {"memory_bytes", what.memory_bytes}};
}

measurements read_measurements(const object& meta) {
    const reader in(meta, "measurements");
    return measurements{in.real("cpu_percent", not_negative), in.number("memory_bytes")};
}

std::string_view to_string(standing::kind state) noexcept {
    return standings[static_cast<std::size_t>(state)].first;
}

object to_meta(const standing& what) {
    return {{"state", to_string(what.state)},
            {"reason", net::printable(what.reason.substr(0, limits::standing / 4))}};
}

standing read_standing(const object& meta) {
    const reader in(meta, "standing");
    return {in.get("state").choice<standing::kind>(standings), in.text_or_empty("reason", limits::standing)};
}

} // namespace fedasio::federation
