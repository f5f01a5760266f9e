#include "program/event_output.hpp"

#include <fedasio/federation/durable_file.hpp>

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

bool write_report(const std::string& path, const master::report& content) {
    try {
        const auto text = boost::json::serialize(content.to_json()) + "\n";
        const std::array parts{std::as_bytes(std::span(text))};
        federation::write_durably(path, parts);
        log(level::info, "report", "wrote the report to " + path);
        return true;
    } catch (const std::exception& e) {
        log(level::error, "report", std::string("the report could not be written: ") + e.what());
        return false;
    }
}

} // namespace

event_output::event_output(const net::clock& time, std::string report_file)
    : report_(time), report_file_(std::move(report_file)) {}

void event_output::take(const master::event& happened) {
    if (const auto line = log_.describe(happened)) {
        log(to_level(*line), line->event, line->text);
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
