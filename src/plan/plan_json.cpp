#include <fedasio/plan/deadline_limits.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/metrics.hpp>
#include <fedasio/plan/own_metrics.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_keys.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "plan/descriptions.hpp"
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

constexpr text::interval share{.low = 0, .high = 1, .low_open = true};
constexpr auto when_changed = text::written::when_changed;

/// A metric of a round's result; "auto" stands for none in particular.
void describe_metric(text::keys& keys, std::string_view name, std::string& value, std::string_view sentence) {
    static constexpr auto names = [] {
        std::array<std::string_view, metrics.size() + 1> all{"auto"};
        std::ranges::transform(metrics, std::next(all.begin()), &metric::name);
        return all;
    }();
    keys.key(name,
             {.read =
                  [&value](const text::json_field& from) {
                      const auto* const text = from.value().if_string();
                      if (text != nullptr && !find_own_metric(*text).name.empty()) {
                          value = *text;
                          return;
                      }
                      if (const auto meant = text == nullptr ? std::string() : own_metric_meant_by(*text);
                          !meant.empty()) {
                          from.fail("is \"" + std::string(*text) + "\", which is no metric; did you mean \"" +
                                    meant + "\"?");
                      }
                      const auto place = from.choice_of(names);
                      value = place == 0 ? std::string() : names.at(place);
                  },
              .write = [&value] { return json::value(value.empty() ? names.front() : value); },
              .outline =
                  [] {
                      return json::object{{"type", "string"},
                                          {"default", names.front()},
                                          {"choices", json::array(names.begin(), names.end())}};
                  },
              .says_nothing = [&value] { return value.empty(); }},
             sentence);
}

/// Which own metrics of trainers models are judged by.
text::form judged_metrics_form(std::map<std::string, bool, std::less<>>& value) {
    constexpr std::array words{std::string_view("higher"), std::string_view("lower")};
    return {.read =
                [&value, words](const text::json_field& from) {
                    const auto* const told = from.value().if_object();
                    if (told == nullptr || told->size() > limits::client_metrics) {
                        from.refuse("an object of at most " + std::to_string(limits::client_metrics) +
                                    " names, such as {\"auc\": \"higher\"}");
                    }
                    value.clear();
                    for (const auto& [name, better] : *told) {
                        if (!is_metric_name(name)) {
                            from.fail("has a name that is none of a metric: " +
                                      std::string(metric_name_rule));
                        }
                        const text::json_field field(better, from.where(name), ".", from.help());
                        value[name] = field.choice_of(words) == 0;
                    }
                },
            .write =
                [&value, words] {
                    json::object all;
                    for (const auto& [name, is_higher] : value) {
                        all[name] = words.at(is_higher ? 0 : 1);
                    }
                    return json::value(std::move(all));
                },
            .outline = [] { return json::object{{"type", "object"}}; },
            .says_nothing = [&value] { return value.empty(); }};
}

text::description keys_of(early_stopping& what) {
    return [&what](text::keys& keys) {
        describe_metric(
            keys, "metric", what.metric,
            "Of a round's result; auto: that of keep_best. An own metric is named as in keep_best.");
        keys.required("patience", "write after how many rounds without a better value to stop");
        keys.whole("patience", what.patience, 1, limits::rounds,
                   "So many rounds without a better value end the training.");
        keys.real("least_change", what.least_change, {.low = 0, .high = 1e6},
                  "By how much a value must be better than the best before it to count.");
    };
}

/// What stands in place of a network.
void describe_own_model(plan& what, text::keys& keys) {
    keys.key(
        "arrays",
        {.read =
             [&what](const text::json_field& from) { what.initial_arrays = from.text(limits::plan_path); },
         .write = [&what] { return json::value(what.initial_arrays); },
         .outline = [] { return json::object{{"type", "string"}}; },
         .says_nothing = [&what] { return what.initial_arrays.empty(); }},
        "In place of all others, where the model is one of your own: a safetensors file of float32 with the "
        "initial values, read by the master.",
        text::written::when_changed);
    keys.key("from",
             {.read =
                  [&what](const text::json_field& from) {
                      constexpr std::array words{std::string_view("trainer")};
                      (void)from.choice_of(words);
                      what.model_from_trainer = true;
                  },
              .write = [] { return json::value("trainer"); },
              .outline = [] { return json::object{{"type", "string"}, {"choices", json::array{"trainer"}}}; },
              .says_nothing = [&what] { return !what.model_from_trainer; }},
             "In place of all others: the model is what the trainer of the first client begins with.",
             text::written::when_changed);
    keys.texts(
        "private", what.private_arrays, 0, limits::arrays, limits::array_name,
        "Beside `arrays` or `from`: the arrays that stay at the client, by name, in which `*` stands for any "
        "text: \"head.*\". Each client goes on from its own, and nothing of them is averaged.",
        text::written::when_changed);
    keys.check([&what]() -> std::optional<text::fault> {
        if (what.initial_arrays.empty() || !what.model_from_trainer) {
            return std::nullopt;
        }
        return text::fault{"from", "stands beside model.arrays, and each of them says what the model begins "
                                   "with: keep \"arrays\" for the values in a file, or \"from\" for those of "
                                   "the first trainer"};
    });
}

void describe_model(plan& what, text::keys& keys) {
    fedasio::plan::keys_of(what.model)(keys);
    describe_own_model(what, keys);
    keys.check([&what]() -> std::optional<text::fault> {
        if (!is_trainers_own(what)) {
            return what.private_arrays.empty()
                       ? std::nullopt
                       : std::optional(text::fault{
                             "private", "names arrays of a trainer's own model; the layers of a network stay "
                                        "at the client by the strategies fedper, fedrep and fedbn"});
        }
        return text::fault{what.model_from_trainer ? "from" : "arrays",
                           "stands in place of all other keys but `private`; remove them, or it"};
    });
}

/// Whether one of the two keys is there, or both, and none but what goes with them.
bool has_own_model_only(const boost::json::object& object) {
    const auto which = object.count("arrays") + object.count("from");
    return which > 0 && object.size() == which + object.count("private");
}

/// A network, or one of the two keys that stand in its place.
text::form model_form(plan& what) {
    auto own = [&what](text::keys& keys) { describe_own_model(what, keys); };
    auto whole = [&what](text::keys& keys) { describe_model(what, keys); };
    return {.read =
                [own, whole](const text::json_field& from) {
                    const auto* object = from.value().if_object();
                    const bool is_own = object != nullptr && has_own_model_only(*object);
                    text::read_keys(from, is_own ? text::description(own) : text::description(whole));
                },
            .write =
                [&what, own] {
                    return json::value(text::write_keys(
                        is_trainers_own(what) ? text::description(own) : fedasio::plan::keys_of(what.model)));
                },
            .outline = [whole] { return text::schema_of(whole); },
            .says_nothing = [] { return false; }};
}

void describe_data(plan& what, text::keys& keys) {
    keys.required("source", "write where the samples are, such as {\"type\": \"csv\", ...}");
    keys.key("source", form_of(what.source),
             "Where the samples are. Workers read training files, the master test files.");
    keys.object("partition", kinds_of(what.partition), "How the samples are divided among clients.");
    keys.real("test_fraction", what.test_fraction, {.low = 0, .high = 1, .high_open = true},
              "Share of its samples that each client holds out for testing; used only when the source names "
              "no test files, or the strategy is a personal one. 0: no testing.");
}

/// Of who takes part in a round, and how it ends.
void describe_rounds(plan& what, text::keys& keys) {
    keys.real("fraction", what.fraction, share,
              "Share of the clients that trains in a round, rounded, at least one client.");
    keys.required("rounds", "write how many rounds to train");
    keys.whole("rounds", what.rounds, 1, limits::rounds, "How many rounds.");
    keys.real("target_accuracy", what.target_accuracy, share,
              "Training ends early when the test accuracy reaches it. Needs test data and classes.");
    auto seconds = static_cast<double>(what.deadline.count()) / 1000.0;
    keys.real(
        "deadline", seconds, {.low = limits::shortest_deadline, .high = limits::longest_deadline},
        "Seconds for each step of a round (training counts from the first byte of the weights); who has "
        "not answered by then is dropped from it, and asked less.");
    what.deadline = std::chrono::milliseconds(std::llround(seconds * 1000.0));
    keys.real("quorum", what.quorum, share,
              "Share of the wanted updates (`fraction` of the clients) that ends the training of a round "
              "before its deadline; 1 waits for all.");
    keys.boolean("require_all", what.require_all,
                 "No round without an update of every client of its cohort, and none while an owner or a "
                 "client has no worker: what is missing is waited for (5 minutes in all), then the training "
                 "fails and names it.",
                 when_changed);
    keys.real(
        "over_selection", what.over_selection, {.low = 1, .high = 10},
        "So many times the wanted clients train, and the first to answer count (Bonawitz et al., 2019); "
        "the others are dropped. Above 1 the result depends on who is fast.");
    keys.whole("norm_bound", what.norm_bound, 2, limits::norm_bound,
               "An update that moves the model over so many times as far as the round's median one is left "
               "out; a power of two, or null: none is.");
    keys.check([&what]() -> std::optional<text::fault> {
        if (!what.norm_bound || std::has_single_bit(*what.norm_bound)) {
            return std::nullopt;
        }
        return text::fault{"norm_bound",
                           "must be a power of two, such as 16 or 32, or null for no bound, but is " +
                               std::to_string(*what.norm_bound)};
    });
}

} // namespace

text::description keys_of(plan& what) {
    return [&what](text::keys& keys) {
        keys.text("name", what.name, limits::plan_name,
                  "Shown on the dashboard and in reports; default: the file's name without extension.");
        keys.whole("seed", what.seed, 0, std::numeric_limits<std::uint64_t>::max(),
                   "Decides every random number: initial weights, who gets which sample, order, dropout, "
                   "cohorts. The same plan and seed give the same weights, bit for bit.");
        keys.required("model", "write the network, {\"input\": [...], \"layers\": [...]}");
        keys.key("model", model_form(what), "The network, or the arrays of a trainer of your own.");
        keys.required("data", "write {\"source\": ..., \"partition\": ...}");
        keys.object("data", [&what](text::keys& below) { describe_data(what, below); }, "The samples.");
        keys.whole(
            "clients", what.clients, 0, limits::clients,
            "Into how many owners the data is divided. Required unless the partition is local, where 0 "
            "means as many as join.");
        keys.object("local", keys_of(what.local), "What a client does in a round.");
        keys.object("strategy", kinds_of(what.strategy), "How updates become the next model.");
        describe_rounds(what, keys);
        keys.whole("checkpoint_every", what.checkpoint_every, 0, limits::rounds,
                   "Rounds between checkpoints; 0 writes none.");
        describe_metric(
            keys, "keep_best", what.keep_best,
            "By what a model is the best, which is kept beside the last one; auto: test accuracy, in a "
            "regression test loss, and without test data the training loss. Or an own metric that `metrics` "
            "has, as train_metrics.NAME or test_metrics.NAME.");
        keys.key("metrics", judged_metrics_form(what.judged_metrics),
                 "Metrics of a trainer of your own that keep_best and early_stopping name, each with "
                 "\"higher\" or "
                 "\"lower\": what is better. Others are told and shown all the same.",
                 when_changed);
        keys.key("early_stopping",
                 text::optional_of(what.early_stopping, [](early_stopping& early) { return keys_of(early); }),
                 "Ends training when a metric has not become better for some rounds.", when_changed);
        keys.texts(
            "class_names", what.class_names, 1, limits::class_names, limits::class_name,
            "What people call the classes, one name for each unit of the last layer; the page shows them. "
            "Decides no weights.",
            when_changed);
    };
}

std::string_view plan_schema() {
    static const auto schema = [] {
        plan what;
        auto node = text::schema_of(keys_of(what));
        node["text"] = "What is learned. Comments and trailing commas are allowed.";
        return text::canonical_text(node);
    }();
    return schema;
}

} // namespace fedasio::plan
