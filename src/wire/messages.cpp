#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/text/printable.hpp>
#include <fedasio/wire/limits.hpp>
#include <fedasio/wire/messages.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace fedasio::wire {
namespace {

using boost::json::array;
using boost::json::object;
using reader = text::json_reader;
using plan::to_json;

constexpr text::interval any_real{-std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
constexpr text::interval not_negative{0, std::numeric_limits<double>::max()};
constexpr text::interval share{0, 1};
// Of losses or squared errors: more than any float32 outputs make of `plan::limits::samples`, and a million
// of these sums add up without overflow.
constexpr text::interval error_sum{0, 1e100};
constexpr std::size_t numbers_a_cell = 3; ///< of evaluation::scores
static_assert(nn::score_counts::most_classes == plan::limits::shown_classes);

/// An array of counts. There may be thousands, so that a name is made only for one that is wrong.
std::vector<std::uint64_t> read_counts(const std::optional<text::json_field>& field, std::size_t most) {
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
        result.push_back(plain != nullptr && *plain >= 0 && *plain <= std::int64_t{plan::limits::samples}
                             ? static_cast<std::uint64_t>(*plain)
                             : text::json_field(counts[i], field->where() + "[" + std::to_string(i) + "]")
                                   .whole(0, plan::limits::samples));
    }
    return result;
}

std::vector<nn::score_counts::cell> read_scores(const std::optional<text::json_field>& field) {
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
constexpr std::pair<std::string_view, standing::kind> standings[] = {
    {"takes_part", standing::kind::takes_part},
    {"left_out", standing::kind::left_out},
    {"no_client", standing::kind::no_client},
    {"resting", standing::kind::resting},
};

std::optional<double> real_if(const std::optional<text::json_field>& field, const text::interval& range) {
    return field ? std::optional(field->real(range)) : std::nullopt;
}

void put(object& into, const char* key, const std::optional<double>& number) {
    if (number) {
        into[key] = *number;
    }
}

} // namespace

std::string problem_of_name(std::string_view name) {
    if (name.size() > plan::limits::worker_name || text::is_blank(name)) {
        return "a name has 1 to 64 bytes, and not only spaces";
    }
    return text::is_printable(name) ? std::string()
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
    what.name = in.text("name", plan::limits::worker_name);
    if (const auto problem = problem_of_name(what.name); !problem.empty()) {
        in.get("name").fail(problem);
    }
    what.clients = in.find("clients") ? in.get("clients").whole32(0, plan::limits::clients) : 0;
    what.threads = in.find("threads") ? in.get("threads").whole32(1, plan::limits::worker_threads) : 1;
    what.version = in.text_or_empty("version", plan::limits::worker_name);
    what.instruction_set = in.text_or_empty("instruction_set", plan::limits::worker_name);
    return what;
}

object to_meta(const welcome& what) {
    return {{"worker", what.worker}, {"plan", what.plan}};
}

welcome read_welcome(const object& meta) {
    const reader in(meta, "welcome");
    welcome what;
    what.worker = in.number32("worker");
    what.plan = in.text_or_empty("plan", plan::limits::sentence);
    return what;
}

object to_meta(const survey& what) {
    return {{"source", to_json(what.source)}, {"regression", what.regression}};
}

survey read_survey(const object& meta) {
    const reader in(meta, "survey");
    survey what;
    what.source = plan::source_from_json(in.get("source").value(), "survey.source");
    what.regression = in.get("regression").boolean();
    return what;
}

object to_meta(const data::csv_summary& what) {
    array columns;
    for (const auto& column : what.columns) {
        object entry{{"name", column.name},       {"count", column.count}, {"missing", column.missing},
                     {"numeric", column.numeric}, {"mean", column.mean},   {"m2", column.m2}};
        entry["categories"] = text::to_array(column.categories);
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
    what.rows = in.number("rows", plan::limits::samples);
    what.left_out = in.find("left_out") ? in.number("left_out", plan::limits::samples) : 0;
    for (const auto& item : in.get("columns").items(1, plan::limits::table_columns)) {
        const reader entry(text::as_object(item), item.where());
        data::csv_column_summary column;
        column.name = text::cell_text(entry.get("name"), plan::limits::cell);
        column.count = entry.number("count", plan::limits::samples);
        column.missing = entry.number("missing", plan::limits::samples);
        column.numeric = entry.get("numeric").boolean();
        column.mean = entry.real("mean", any_real);
        column.m2 = entry.real("m2", not_negative);
        column.categories =
            text::cell_texts(entry.find("categories"), data::most_categories, plan::limits::cell);
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
    what.source = plan::source_from_json(in.get("source").value(), "load.source");
    what.partition = plan::partition_from_json(in.get("partition").value(), "load.partition");
    if (const auto schema = in.find("schema")) {
        what.schema = plan::read_schema(text::as_object(*schema), schema->where());
    }
    what.holdout = in.real("holdout", text::interval{0, 1, false, true});
    what.clients_total = in.get("clients_total").whole32(1, plan::limits::clients);
    for (const auto& item : in.get("clients").items(0, plan::limits::clients)) {
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
    what.left_out = in.find("left_out") ? in.number("left_out", plan::limits::samples) : 0;
    for (const auto& item : in.get("clients").items(0, plan::limits::clients)) {
        const reader entry(text::as_object(item), item.where());
        loaded::client_data client;
        client.client = entry.number32("client");
        client.samples = entry.number("samples", plan::limits::samples);
        client.held_out = entry.find("held_out") ? entry.number("held_out", plan::limits::samples) : 0;
        client.labels = read_counts(entry.find("labels"), plan::limits::shown_classes);
        what.clients.push_back(std::move(client));
    }
    what.digest = in.text_or_empty("digest", plan::limits::digest);
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
    what.network = plan::model_from_json(in.get("network").value(), "model.network");
    what.local = plan::local_training_from_json(in.get("local").value(), "model.local");
    what.parameters = in.number("parameters", plan::limits::parameters);
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
    what.samples = in.number("samples", plan::limits::samples);
    what.loss = in.real("loss", error_sum);
    if (const auto accuracy = in.find("accuracy")) {
        what.accuracy = accuracy->real(share);
    }
    what.seconds = in.find("seconds") ? in.real("seconds", text::interval{0, 1e9}) : 0;
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
    what.samples = in.number("samples", plan::limits::samples);
    what.loss_sum = in.real("loss_sum", error_sum);
    what.correct = in.number("correct", what.samples);
    what.confusion =
        read_counts(in.find("confusion"), plan::limits::shown_classes * plan::limits::shown_classes);
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
    return run_over{reader(meta, "run_over").text_or_empty("reason", plan::limits::sentence)};
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
            {"reason", text::printable(what.reason.substr(0, plan::limits::standing / 4))}};
}

standing read_standing(const object& meta) {
    const reader in(meta, "standing");
    return {in.get("state").choice<standing::kind>(standings),
            in.text_or_empty("reason", plan::limits::standing)};
}

} // namespace fedasio::wire
