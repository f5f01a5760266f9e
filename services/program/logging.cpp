#include "program/logging.hpp"

#include <fedasio/text/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/details/os.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "program/service_manager.hpp"
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

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

void write_to_standard_error(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd room{STDERR_FILENO, POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return; // nobody is there any more
        }
    }
}

/// Lines on their way to standard error. A terminal that somebody has stopped (Ctrl-S) or a pipe that nobody
/// reads holds up the thread that writes, not those that log: a master would lose its workers by it. spdlog's
/// own asynchronous loggers wait for their thread when the process ends, for ever if nobody reads.
class waiting_lines {
public:
    /// Without a thread every line is written at once.
    void start() {
        try {
            std::thread([this] { write_all(); }).detach();
            has_writer_ = true;
        } catch (const std::system_error&) {
            has_writer_ = false;
        }
    }

    void push(std::string_view line) {
        if (!has_writer_) {
            write_to_standard_error(line);
            return;
        }
        const std::scoped_lock alone(mutex_);
        if (text_.size() + line.size() > most_bytes) {
            ++lost_;
        } else {
            text_ += line;
            more_.notify_one();
        }
    }

    /// Waits for what is on its way, but not for ever.
    void finish() {
        std::unique_lock lock(mutex_);
        done_.wait_for(lock, longest_end, [this] { return !has_writer_ || (text_.empty() && !is_writing_); });
    }

private:
    static constexpr std::size_t most_bytes = std::size_t{1} << 20;
    static constexpr std::chrono::seconds longest_end{2};

    [[noreturn]] void write_all() {
        std::unique_lock lock(mutex_);
        while (true) {
            more_.wait(lock, [this] { return !text_.empty(); });
            std::string next = std::move(text_);
            text_.clear();
            if (const auto lost = std::exchange(lost_, 0); lost > 0) {
                next += fmt::format("({} lines of the log are missing here: nobody read them)\n", lost);
            }
            is_writing_ = true;
            lock.unlock();
            write_to_standard_error(next);
            lock.lock();
            is_writing_ = false;
            done_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable more_;
    std::condition_variable done_;
    std::string text_;
    std::uint64_t lost_ = 0;
    bool is_writing_ = false;
    bool has_writer_ = false;
};

/// Never destroyed: its thread may wait for a reader when the process ends.
waiting_lines& lines() {
    static auto* const all = new waiting_lines; // NOLINT(cppcoreguidelines-owning-memory)
    return *all;
}

std::string_view color_of(spdlog::level::level_enum how) {
    switch (how) {
    case spdlog::level::info:
        return "\033[32m";
    case spdlog::level::warn:
        return "\033[33m\033[1m";
    case spdlog::level::err:
        return "\033[31m\033[1m";
    default:
        return "\033[36m";
    }
}

class standard_error_sink final : public spdlog::sinks::base_sink<std::mutex> {
private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t formatted;
        formatter_->format(message, formatted);
        const std::string_view text(formatted.data(), formatted.size());
        if (!has_colors_ || message.color_range_end <= message.color_range_start) {
            lines().push(text);
            return;
        }
        const auto colored =
            text.substr(message.color_range_start, message.color_range_end - message.color_range_start);
        lines().push(fmt::format("{}{}{}\033[m{}", text.substr(0, message.color_range_start),
                                 color_of(message.level), colored, text.substr(message.color_range_end)));
    }

    void flush_() override {}

    bool has_colors_ = spdlog::details::os::in_terminal(stderr) && spdlog::details::os::is_color_terminal();
};

} // namespace

void start_log(const std::string& program, const log_options& options) {
    as_json = options.format == "json";
    lines().start();
    std::atexit(finish_log);
    const auto logger = std::make_shared<spdlog::logger>(program, std::make_shared<standard_error_sink>());
    logger->set_level(spdlog::level::from_str(options.level));
    if (as_json) {
        logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","program":"%n",%v})",
                            spdlog::pattern_time_type::utc);
    } else {
        logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %n: %v");
    }
    spdlog::set_default_logger(logger);
}

void finish_log() {
    lines().finish();
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
