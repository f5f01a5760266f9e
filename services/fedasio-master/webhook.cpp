#include "webhook.hpp"

#include <fedasio/dashboard/client.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>

namespace fedasio::program {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 100;
constexpr auto patience = 10s;
constexpr std::array<net::clock::duration, 3> pauses{2s, 10s, 30s};

std::string kind_of(const master::training_finished& end) {
    return end.outcome == master::training_outcome::failed ? "failed" : "finished";
}

} // namespace

webhook::webhook(net::runtime& rt, std::string_view url, warning_handler warn)
    : rt_(rt), to_(dashboard::parse_master_url(url)), warn_(std::move(warn)), news_(rt.executor) {
    if (to_.is_https) {
        tls_.emplace(rt, "", net::tls::kit_handler(), net::tls_use::asking);
        to_.prove = [this, host = to_.address.host](std::unique_ptr<net::stream> fresh) {
            return tls_->connect(std::move(fresh), host);
        };
    }
}

void webhook::take(const master::event& happened) {
    if (const auto* opened = std::get_if<master::run_opened>(&happened.what)) {
        run_ = *opened;
        round_ = 0;
    } else if (const auto* resumed = std::get_if<master::run_resumed>(&happened.what)) {
        run_.run = resumed->run;
        round_ = resumed->round;
    } else if (const auto* changed = std::get_if<master::plan_changed>(&happened.what)) {
        run_.deadline = changed->deadline;
    } else if (std::holds_alternative<master::training_started>(happened.what) ||
               std::holds_alternative<master::client_updated>(happened.what)) {
        watch_progress(true);
    } else if (const auto* round = std::get_if<master::round_finished>(&happened.what)) {
        round_ = round->result.round;
        watch_progress(true);
    } else if (const auto* phase = std::get_if<master::phase_entered>(&happened.what)) {
        if (phase->now == master::phase::paused) {
            watch_progress(false);
        }
    } else if (const auto* standing = std::get_if<master::worker_standing>(&happened.what)) {
        if (standing->state == wire::standing::kind::left_out) {
            tell("left_out", "worker " + standing->name + " is left out: " + standing->reason, happened.time);
        }
    } else if (const auto* end = std::get_if<master::training_finished>(&happened.what)) {
        watch_progress(false);
        round_ = end->round;
        tell(kind_of(*end),
             std::string(to_string(end->outcome)) + (end->detail.empty() ? "" : ": " + end->detail),
             happened.time);
    }
}

/// Whether nothing comes for as long as a step of a round may take.
void webhook::watch_progress(bool training) {
    silence_.reset();
    if (!training || run_.deadline <= 0) {
        return;
    }
    const auto wait =
        std::chrono::duration_cast<net::clock::duration>(std::chrono::duration<double>(run_.deadline));
    silence_ = rt_.time.at(rt_.time.now() + wait, [this] {
        tell("no_progress",
             "no update and no round for the deadline of " + text::canonical_text(run_.deadline) + " s",
             rt_.time.unix_time());
    });
}

void webhook::tell(std::string_view kind, const std::string& text, double time) {
    boost::json::object body{
        {"kind", kind}, {"run", run_.run}, {"plan", run_.plan}, {"round", round_}, {"time", time}};
    body["text"] = run_.plan + ", round " + std::to_string(round_) + ": " + text;
    if (waiting_.size() == most_waiting) {
        waiting_.pop_front();
    }
    waiting_.push_back(text::canonical_text(body));
    news_.set();
}

/// Why it was not taken; empty: it was.
net::awaitable<std::string> webhook::deliver(const std::string& body) {
    std::string problem;
    try {
        dashboard::http_client client(rt_, to_, patience);
        const auto answer = co_await client.post(to_.prefix.empty() ? "/" : "", body);
        problem = answer.status / 100 == 2 ? "" : "HTTP status " + std::to_string(answer.status);
    } catch (const std::exception& failure) {
        problem = failure.what();
    }
    co_return problem;
}

/// Ends early when there is something new, which is worth another attempt.
net::awaitable<void> webhook::pause(net::clock::duration length) {
    const auto over = rt_.time.at(rt_.time.now() + length, [this] { news_.set(); });
    news_.reset();
    co_await news_.wait();
}

net::awaitable<void> webhook::run() {
    while (!is_ending_ || !waiting_.empty()) {
        if (waiting_.empty()) {
            news_.reset();
            co_await news_.wait();
            continue;
        }
        const auto body = std::move(waiting_.front());
        waiting_.pop_front();
        auto problem = co_await deliver(body);
        for (auto length = pauses.begin(); !problem.empty() && length != pauses.end() && !is_ending_;
             ++length) {
            co_await pause(*length);
            problem = co_await deliver(body);
        }
        if (!problem.empty()) {
            warn_("--notify " + to_.address.to_string() + to_.prefix + " was not told: " + problem);
        }
    }
}

void webhook::finish() {
    is_ending_ = true;
    silence_.reset();
    news_.set();
}

} // namespace fedasio::program
