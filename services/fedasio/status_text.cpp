#include "status_text.hpp"

#include <fedasio/text/printable.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdio>

namespace fedasio::steering {
namespace {

namespace json = boost::json;

std::string text(const json::object& from, std::string_view key) {
    const auto* const value = from.if_contains(key);
    const auto* const string = value == nullptr ? nullptr : value->if_string();
    return string == nullptr ? std::string() : text::printable(std::string_view(*string));
}

std::optional<double> number(const json::object& from, std::string_view key) {
    const auto* const value = from.if_contains(key);
    if (value == nullptr || !value->is_number()) {
        return std::nullopt;
    }
    json::error_code ignored;
    return value->to_number<double>(ignored);
}

bool flag(const json::object& from, std::string_view key) {
    const auto* const value = from.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::string format(const char* form, double value) {
    char line[64];
    std::snprintf(line, sizeof(line), form, value); // NOLINT(cppcoreguidelines-pro-type-vararg)
    return line;
}

std::string whole(const json::object& from, std::string_view key) {
    return format("%.0f", number(from, key).value_or(0));
}

std::string percent(double share) {
    return format("%.2f %%", share * 100);
}

/// "  name value" when there is one.
std::string part(const json::object& from, std::string_view key, std::string_view name, bool is_share) {
    const auto value = number(from, key);
    if (!value) {
        return {};
    }
    return ", " + std::string(name) + " " + (is_share ? percent(*value) : format("%.4f", *value));
}

std::string round_line(const json::object& round) {
    std::string line = "round " + whole(round, "round");
    line += part(round, "train_loss", "train loss", false) +
            part(round, "train_accuracy", "train accuracy", true) +
            part(round, "test_loss", "test loss", false) +
            part(round, "test_accuracy", "test accuracy", true) + part(round, "test_auc", "AUC", false) +
            part(round, "test_r2", "R²", false) + part(round, "test_rmse", "RMSE", false) +
            part(round, "test_mae", "MAE", false);
    line += flag(round, "test_partial") ? ", of a part of the clients" : "";
    const auto* const dropped = round.if_contains("dropped");
    if (dropped != nullptr && dropped->is_array() && !dropped->get_array().empty()) {
        line += ", " + std::to_string(dropped->get_array().size()) + " dropped";
    }
    return line;
}

/// "loss 0.3100 (median client 0.2900), …" of the last round's test; empty if there was none.
std::string test_line(const json::object& test) {
    struct metric {
        std::string_view key;
        std::string_view name;
        bool is_share;
    };

    constexpr metric metrics[] = {{"loss", "loss", false}, {"accuracy", "accuracy", true},
                                  {"auc", "AUC", false},   {"r2", "R²", false},
                                  {"rmse", "RMSE", false}, {"mae", "MAE", false}};
    std::string line;
    for (const auto& [key, name, is_share] : metrics) {
        line += part(test, key, name, is_share);
        const auto median = part(test, std::string(key) + "_median", "median client", is_share);
        line += median.empty() ? "" : " (" + median.substr(2) + ")";
    }
    if (line.empty()) {
        return {};
    }
    line = line.substr(2) + ", over " + whole(test, "samples") + " samples";
    return flag(test, "partial") ? line + " of a part of the clients" : line;
}

/// "a 91.20 %, b 88.00 %": how many of each class are recognised; empty if it is not known.
std::string recall_line(const json::object& test) {
    std::string line;
    const auto* const recall = test.if_contains("recall");
    const auto* const classes = test.if_contains("classes");
    const bool known = recall != nullptr && classes != nullptr && recall->is_array() && classes->is_array();
    const auto count = known ? std::min(recall->get_array().size(), classes->get_array().size()) : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& share = recall->get_array()[i];
        const auto* const name = classes->get_array()[i].if_string();
        line += (i == 0 ? "" : ", ") +
                (name == nullptr ? std::to_string(i) : text::printable(std::string_view(*name))) + " " +
                (share.is_number() ? percent(share.to_number<double>()) : std::string("-"));
    }
    return line;
}

std::string outcome_line(const json::object& happened) {
    const auto outcome = text(happened, "outcome");
    const auto detail = text(happened, "detail");
    const std::string what = outcome == "rounds_done"      ? "all rounds are done"
                             : outcome == "target_reached" ? "the target accuracy is reached"
                             : outcome == "stopped_early"  ? "it no longer gets better"
                             : outcome == "stopped"        ? "it was stopped"
                                                           : "it failed";
    return "training ended after round " + whole(happened, "round") + ": " + what +
           (detail.empty() ? "" : " (" + detail + ")");
}

} // namespace

std::string status_text(const json::object& status) {
    std::string result = "plan     " + text(status, "plan") + " (" + text(status, "task") + ", " +
                         whole(status, "parameters") + " parameters, seed " + whole(status, "seed") + ")\n";
    result += "phase    " + text(status, "phase");
    result += flag(status, "stopping")  ? ", stopping"
              : flag(status, "pausing") ? ", pausing after this round"
                                        : "";
    result += "\nround    " + whole(status, "round") + " of " + whole(status, "last_round");
    const auto target = number(status, "target_accuracy");
    result += target ? ", until the test accuracy is " + percent(*target) : "";
    if (const auto* const test = status.if_contains("test"); test != nullptr && test->is_object()) {
        const auto line = test_line(test->get_object());
        const auto recall = recall_line(test->get_object());
        result += line.empty() ? "" : "\ntest     " + line;
        result += recall.empty() ? "" : "\nrecall   " + recall;
    }
    result += "\nworkers  " + whole(status, "workers") + " (at least " + whole(status, "min_workers") +
              " needed), hosting " + whole(status, "clients");
    const auto planned = number(status, "clients_planned").value_or(0);
    result += (planned > 0 ? " of " + format("%.0f", planned) : std::string()) + " clients\nmodels   ";
    std::string names;
    if (const auto* const models = status.if_contains("models"); models != nullptr && models->is_array()) {
        for (const auto& name : models->get_array()) {
            const auto* const string = name.if_string();
            names += string == nullptr
                         ? ""
                         : (names.empty() ? "" : ", ") + text::printable(std::string_view(*string));
        }
    }
    result += (names.empty() ? "none saved" : names) + "\nmaster   fedasio " + text(status, "version") +
              ", " + text(status, "instruction_set") + ", up " +
              format("%.0f s", number(status, "now").value_or(0) - number(status, "started").value_or(0));
    return result;
}

std::optional<std::string> event_line(const json::object& happened) {
    const auto type = text(happened, "type");
    if (type == "round_finished") {
        const auto* const result = happened.if_contains("result");
        return result != nullptr && result->is_object() ? std::optional(round_line(result->get_object()))
                                                        : std::nullopt;
    }
    if (type == "worker_joined") {
        const auto* const worker = happened.if_contains("worker");
        return worker != nullptr && worker->is_object()
                   ? std::optional("worker " + text(worker->get_object(), "name") + " joined from " +
                                   text(worker->get_object(), "address"))
                   : std::nullopt;
    }
    if (type == "worker_left") {
        return "worker " + text(happened, "name") + " left: " + text(happened, "reason");
    }
    if (type == "training_started") {
        return "training rounds " + whole(happened, "round") + " to " + whole(happened, "last_round");
    }
    if (type == "client_dropped") {
        const auto detail = text(happened, "detail");
        return "client " + whole(happened, "client") + " was dropped from round " + whole(happened, "round") +
               ": " + text(happened, "reason") + (detail.empty() ? "" : ", " + detail);
    }
    if (type == "training_finished") {
        return outcome_line(happened);
    }
    if (type == "model_saved") {
        return "model saved: " + text(happened, "path");
    }
    if (type == "model_loaded") {
        return "model " + text(happened, "name") + " loaded";
    }
    if (type == "phase" && (text(happened, "phase") == "paused" || text(happened, "phase") == "failed")) {
        return text(happened, "phase") + " at round " + whole(happened, "round");
    }
    if (type == "notice") {
        return text(happened, "level") + ": " + text(happened, "text");
    }
    return std::nullopt;
}

} // namespace fedasio::steering
