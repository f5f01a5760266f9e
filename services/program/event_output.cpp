#include "program/event_output.hpp"

#include <fedasio/store/durable_file.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "program/logging.hpp"
#include <array>
#include <exception>
#include <span>
#include <utility>

namespace fedasio::program {
namespace {

using severity = master::noticed::severity;

level to_level(const master::log_line& line) {
    switch (line.level) {
    case severity::info:
        return line.detail ? level::debug : level::info;
    case severity::warning:
        return level::warning;
    case severity::error:
        return level::error;
    }
    return level::info;
}

namespace json = boost::json;

/// A round for readers of tables: numbers as they are, of lists how long they are, and the members of objects
/// under both names.
json::object flat(const json::object& round) {
    json::object result;
    for (const auto& [key, value] : round) {
        if (const auto* list = value.if_array()) {
            result[key] = list->size();
        } else if (const auto* members = value.if_object()) {
            for (const auto& [name, inner] : flat(*members)) {
                result[std::string(key) + "_" + std::string(name)] = inner;
            }
        } else {
            result[key] = value;
        }
    }
    return result;
}

/// One round a line.
std::string rounds_text(const json::object& report) {
    std::string text = "[";
    for (const auto& round : report.at("rounds").as_array()) {
        text += (text.size() == 1 ? "\n" : ",\n") + text::as_utf8(json::serialize(flat(round.as_object())));
    }
    return text + "\n]\n";
}

void write_text(const std::filesystem::path& path, const std::string& text) {
    const std::array parts{std::as_bytes(std::span(text))};
    store::write_durably(path, parts);
}

bool write_report(const std::string& path, const master::report& content) {
    try {
        const auto report = content.to_json();
        const auto rounds = rounds_beside(path);
        write_text(rounds, rounds_text(report));
        write_text(path, text::as_utf8(json::serialize(report)) + "\n");
        log(level::info, "report",
            "wrote the report to " + path + ", its rounds as a table to " + rounds.string());
        return true;
    } catch (const std::exception& e) {
        log(level::error, "report", std::string("the report could not be written: ") + e.what());
        return false;
    }
}

} // namespace

std::filesystem::path rounds_beside(std::filesystem::path report) {
    return report.replace_extension(".rounds.json");
}

event_output::event_output(const net::clock& time, std::string report_file)
    : log_(is_shown(level::debug)), report_(time), report_file_(std::move(report_file)) {}

void event_output::take(const master::event& happened) {
    if (const auto line = log_.describe(happened)) {
        log(to_level(*line), line->event, line->text);
    }
    if (const auto* const end = std::get_if<master::training_finished>(&happened.what)) {
        const bool failed = end->outcome == master::training_outcome::failed;
        last_end_ =
            (failed ? "the training failed: " : "not all that was asked for was done: ") + end->detail;
        last_absence_ = end->is_complete() ? std::string() : end->detail;
    }
    // A report keeps every round, so one that nobody asked for would only grow.
    if (report_file_.empty()) {
        return;
    }
    report_.take(happened);
    if (std::holds_alternative<master::training_finished>(happened.what)) {
        complete_ = write_report(report_file_, report_);
    }
}

} // namespace fedasio::program
