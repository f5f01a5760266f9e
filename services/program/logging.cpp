#include "program/logging.hpp"

#include <fedasio/text/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "program/service_manager.hpp"
#include <memory>

namespace fedasio::program {
namespace {

bool as_json = false;

spdlog::level::level_enum to_spdlog(level how) {
    switch (how) {
    case level::debug:
        return spdlog::level::debug;
    case level::info:
        return spdlog::level::info;
    case level::warning:
        return spdlog::level::warn;
    case level::error:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}

} // namespace

void start_log(const std::string& program, const log_options& options) {
    as_json = options.format == "json";
    const auto logger = spdlog::stderr_color_mt(program);
    logger->set_level(spdlog::level::from_str(options.level));
    if (as_json) {
        logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","program":"%n",%v})",
                            spdlog::pattern_time_type::utc);
    } else {
        logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %n: %v");
    }
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(logger);
}

bool is_shown(level how) {
    return spdlog::should_log(to_spdlog(how));
}

void log(level how, const std::string& event, const std::string& text) {
    const auto shown = text::printable(text);
    if (how != level::debug) {
        notify_service_manager("STATUS=" + shown);
    }
    if (as_json) {
        const boost::json::object fields{{"event", event}, {"text", shown}};
        const auto object = boost::json::serialize(fields);
        spdlog::log(to_spdlog(how), "{}", object.substr(1, object.size() - 2));
    } else {
        spdlog::log(to_spdlog(how), "{}", shown);
    }
}

} // namespace fedasio::program
