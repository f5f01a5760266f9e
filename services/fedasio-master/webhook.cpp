#include "webhook.hpp"

#include <fedasio/dashboard/client.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>

namespace fedasio::program {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 100;
constexpr std::size_t most_names = 10'000;
constexpr auto patience = 10s;
constexpr std::array<net::clock::duration, 3> pauses{2s, 10s, 30s};

std::string kind_of(const master::training_finished& end) {
    return end.outcome == master::training_outcome::failed ? "failed" : "finished";
}

/// 0: it is not flat.
std::uint32_t flat_since(const master::round_result& result) {
    return result.flat ? result.flat->since : 0;
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
        run_ = opened->run;
        plan_ = opened->plan;
        told_ = {};
        round_ = 0;
    } else if (const auto* resumed = std::get_if<master::run_resumed>(&happened.what)) {
        run_ = resumed->run;
        round_ = resumed->round;
        // The process of before has told it.
        told_.flat_since = resumed->rounds.empty() ? 0 : flat_since(resumed->rounds.back());
    } else if (const auto* round = std::get_if<master::round_finished>(&happened.what)) {
        round_ = round->result.round;
        take_plateau(round->result, happened.time);
    } else if (const auto* stall = std::get_if<master::progress_stalled>(&happened.what)) {
        if (stall->since) {
            tell("no_progress",
                 "no update and no round for the deadline of " + text::canonical_text(stall->deadline) + " s",
                 happened.time);
        }
    } else if (const auto* standing = std::get_if<master::worker_standing>(&happened.what)) {
        take_standing(*standing, happened.time);
    } else if (const auto* end = std::get_if<master::training_finished>(&happened.what)) {
        round_ = end->round;
        tell(kind_of(*end),
             std::string(to_string(end->outcome)) + (end->detail.empty() ? "" : ": " + end->detail),
             happened.time);
    }
}

/// Told once for each best round, behind which nothing better came.
void webhook::take_plateau(const master::round_result& result, double time) {
    const auto since = flat_since(result);
    if (since != 0 && since != told_.flat_since) {
        tell("plateau", "no better " + result.flat->metric + " since round " + std::to_string(since), time);
    }
    told_.flat_since = since != 0 ? since : told_.flat_since;
}

/// A worker that comes back as it went is no news, until it has taken part.
void webhook::take_standing(const master::worker_standing& standing, double time) {
    auto& left_out = told_.left_out;
    if (standing.state != wire::standing::kind::left_out) {
        left_out.erase(standing.name);
        return;
    }
    if (left_out.size() == most_names) {
        left_out.clear();
    }
    if (left_out.insert(standing.name).second) {
        tell("left_out", "worker " + standing.name + " is left out: " + standing.reason, time);
    }
}

void webhook::tell(std::string_view kind, const std::string& text, double time) {
    boost::json::object body{
        {"kind", kind}, {"run", run_}, {"plan", plan_}, {"round", round_}, {"time", time}};
    body["text"] = plan_ + ", round " + std::to_string(round_) + ": " + text;
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
    } catch (const boost::system::system_error& failure) {
        problem = failure.code().message();
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
        if (is_ending_ && rt_.time.now() >= over_) {
            warn_("--notify " + to_.address.to_string() + to_.prefix + " was not told of the last " +
                  std::to_string(waiting_.size()) + ": it is too slow for the end of this process");
            co_return;
        }
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
    over_ = rt_.time.now() + patience;
    news_.set();
}

} // namespace fedasio::program
