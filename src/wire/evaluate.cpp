#include <fedasio/plan/limits.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/evaluate.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "wire/numbers.hpp"
#include "wire/own_metrics.hpp"
#include <optional>
#include <string>
#include <utility>

namespace fedasio::wire {

using boost::json::array;
using boost::json::object;
using reader = text::json_reader;

namespace {

constexpr std::size_t numbers_a_cell = 3; ///< of evaluation::scores
constexpr std::size_t numbers_a_pair = 2; ///< of evaluation::histogram
static_assert(nn::score_counts::most_classes == plan::limits::shown_classes);
// A whole histogram takes less than a quarter of what any short reply may have.
static_assert(4 * numbers_a_pair * nn::value_histogram::most_cells * limits::bytes_a_count <
              limits::short_reply.meta);

/// A cell's place, which stands first among its numbers.
std::uint32_t read_place(const text::json_field& field, std::uint64_t place,
                         const std::optional<std::uint32_t>& before, std::size_t most) {
    if ((before && place <= *before) || place >= most) {
        field.fail("cells stand in the order of their places, each once, and there are " +
                   std::to_string(most) + " at most");
    }
    return static_cast<std::uint32_t>(place);
}

std::vector<nn::score_counts::cell> read_scores(const std::optional<text::json_field>& field) {
    const auto numbers = read_counts(field, numbers_a_cell * nn::score_counts::most_cells);
    if (numbers.size() % numbers_a_cell != 0) {
        field->refuse("three counts for each cell");
    }
    std::vector<nn::score_counts::cell> cells;
    cells.reserve(numbers.size() / numbers_a_cell);
    for (std::size_t i = 0; i < numbers.size(); i += numbers_a_cell) {
        const auto before = cells.empty() ? std::nullopt : std::optional(cells.back().place);
        const auto place = read_place(*field, numbers[i], before, nn::score_counts::most_cells);
        cells.push_back({place, numbers[i + 1], numbers[i + 2]});
    }
    return cells;
}

std::vector<nn::value_histogram::cell> read_histogram(const std::optional<text::json_field>& field) {
    const auto numbers = read_counts(field, numbers_a_pair * nn::value_histogram::most_cells);
    if (numbers.size() % numbers_a_pair != 0) {
        field->refuse("a place and a count for each cell");
    }
    std::vector<nn::value_histogram::cell> cells;
    cells.reserve(numbers.size() / numbers_a_pair);
    for (std::size_t i = 0; i < numbers.size(); i += numbers_a_pair) {
        const auto before = cells.empty() ? std::nullopt : std::optional(cells.back().place);
        const auto place = read_place(*field, numbers[i], before, nn::value_histogram::most_cells);
        cells.push_back({place, numbers[i + 1]});
    }
    return cells;
}

} // namespace

object to_meta(const evaluate& what) {
    object meta{{"round", what.round}, {"client", what.client}, {"version", what.version}};
    if (what.confusion) {
        meta["confusion"] = true;
    }
    if (what.scores) {
        meta["scores"] = true;
    }
    if (what.histogram) {
        meta["histogram"] = true;
    }
    if (what.personal) {
        meta["personal"] = true;
    }
    put(meta, "state_round", what.state_round);
    put(meta, what.state);
    return meta;
}

evaluate read_evaluate(const object& meta) {
    const reader in(meta, "evaluate");
    evaluate what{in.number32("round"), in.number32("client"), in.number32("version")};
    what.confusion = in.find("confusion") && in.get("confusion").boolean();
    what.scores = in.find("scores") && in.get("scores").boolean();
    what.histogram = in.find("histogram") && in.get("histogram").boolean();
    what.personal = in.find("personal") && in.get("personal").boolean();
    what.state_round = number32_or_0(in, "state_round");
    what.state = read_state(in.find("state"));
    return what;
}

object to_meta(const evaluation& what) {
    object meta{{"client", what.client}, {"samples", what.samples}, {"loss_sum", what.loss_sum}};
    if (what.tells_correct) {
        meta["correct"] = what.correct;
    }
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
    if (!what.histogram.empty()) {
        array cells;
        cells.reserve(numbers_a_pair * what.histogram.size());
        for (const auto& [place, count] : what.histogram) {
            cells.emplace_back(place);
            cells.emplace_back(count);
        }
        meta["histogram"] = std::move(cells);
    }
    put(meta, "absolute_sum", what.absolute_sum);
    put(meta, "label_mean", what.label_mean);
    put(meta, "label_m2", what.label_m2);
    put(meta, what.metrics);
    return meta;
}

evaluation read_evaluation(const object& meta) {
    const reader in(meta, "evaluation");
    evaluation what;
    what.client = in.number32("client");
    what.samples = in.number("samples", plan::limits::samples);
    what.loss_sum = in.real("loss_sum", error_sum);
    what.tells_correct = in.find("correct").has_value();
    what.correct = what.tells_correct ? in.number("correct", what.samples) : 0;
    what.confusion =
        read_counts(in.find("confusion"), plan::limits::shown_classes * plan::limits::shown_classes);
    what.scores = read_scores(in.find("scores"));
    what.histogram = read_histogram(in.find("histogram"));
    what.absolute_sum = real_if(in.find("absolute_sum"), error_sum);
    what.label_mean = real_if(in.find("label_mean"), any_real);
    what.label_m2 = real_if(in.find("label_m2"), error_sum);
    what.metrics = read_metrics(in.find("metrics"));
    return what;
}

} // namespace fedasio::wire
