#include <fedasio/dashboard/audit_log.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "json_scalar.hpp"
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <deque>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace fedasio::dashboard {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::size_t most_waiting = 1000;

/// RFC 3339 in UTC, with milliseconds.
std::string time_text(double unix_time) {
    const auto all_milliseconds = static_cast<std::int64_t>(std::llround(unix_time * 1000));
    const auto milliseconds = static_cast<int>(all_milliseconds % 1000);
    const auto whole = static_cast<std::time_t>(all_milliseconds / 1000);
    std::tm parts{};
    ::gmtime_r(&whole, &parts);
    std::array<char, 32> seconds{};
    std::strftime(seconds.data(), seconds.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 48> all{};
    std::snprintf(all.data(), all.size(), "%s.%03dZ", seconds.data(), milliseconds);
    return all.data();
}

/// Appends `line`, on a line of its own even when an earlier write was cut short. An errno, or 0.
int append(const std::filesystem::path& file, const std::string& line) {
    // A pipe in its place keeps nothing, and who writes to a full one waits.
    const int out =
        ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (out < 0) {
        return errno;
    }
    struct stat is{};
    if (::fstat(out, &is) != 0 || S_ISFIFO(is.st_mode)) {
        ::close(out);
        return ENXIO;
    }
    const auto end = ::lseek(out, 0, SEEK_END);
    char last = '\n';
    const bool is_torn = end > 0 && ::pread(out, &last, 1, end - 1) == 1 && last != '\n';
    const auto text = (is_torn ? "\n" : "") + line + "\n";
    const auto written = ::write(out, text.data(), text.size());
    int error = written < 0 ? errno : written != static_cast<ssize_t>(text.size()) ? ENOSPC : 0;
    if (error == 0 && ::fdatasync(out) != 0) {
        error = errno;
    }
    ::close(out);
    return error;
}

} // namespace

std::string audit_line(const audit_entry& entry) {
    json::object line{{"time", time_text(entry.time)},
                      {"action", entry.action},
                      {"role", entry.who ? json::value(to_string(*entry.who)) : json::value()},
                      {"address", json_text(entry.address)},
                      {"session", entry.session},
                      {"what", json_text(entry.what)},
                      {"status", entry.status}};
    boost::system::error_code ec;
    auto answer = json::parse(entry.answer, ec);
    line["answer"] = ec ? json::value() : std::move(answer);
    if (entry.left_out > 0) {
        line["left_out"] = entry.left_out;
    }
    return text::as_utf8(json::serialize(line));
}

struct audit_log::state {
    asio::any_io_executor home;
    asio::strand<asio::any_io_executor> one_by_one;
    std::filesystem::path file;
    notice_handler notify;
    // Only on the strand:
    std::deque<std::string> waiting;
    bool works = true;

    void take(const std::shared_ptr<state>& self, std::string line) {
        if (waiting.size() < most_waiting) {
            waiting.push_back(std::move(line));
        }
        int error = 0;
        while (error == 0 && !waiting.empty()) {
            error = append(file, waiting.front());
            if (error == 0) {
                waiting.pop_front();
            }
        }
        if ((error == 0) != works) {
            works = error == 0;
            asio::post(home, [weak = std::weak_ptr(self), works = works,
                              problem = std::string(works ? "" : std::strerror(error))] {
                if (const auto alive = weak.lock()) {
                    alive->notify(works, problem);
                }
            });
        }
    }
};

audit_log::audit_log(asio::any_io_executor home, const asio::any_io_executor& pool,
                     std::filesystem::path file, notice_handler notify)
    : state_(std::make_shared<state>(
          state{std::move(home), asio::make_strand(pool), std::move(file), std::move(notify), {}, true})) {}

audit_log::~audit_log() = default;

void audit_log::write(const audit_entry& entry) {
    asio::post(state_->one_by_one,
               [self = state_, line = audit_line(entry)]() mutable { self->take(self, std::move(line)); });
}

} // namespace fedasio::dashboard
