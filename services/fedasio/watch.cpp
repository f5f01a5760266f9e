#include "watch.hpp"

#include <fedasio/dashboard/client.hpp>
#include <fedasio/net/reconnect.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include "status_text.hpp"
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

namespace fedasio::steering {
namespace {

namespace json = boost::json;

constexpr text::json_limits message_limits{.bytes = std::size_t{64} << 20, .depth = 32, .comments = false};

/// What was seen of the stream, and what to print of what comes.
class story {
public:
    [[nodiscard]] std::string target() const {
        return instance_.empty() ? "/api/v1/stream"
                                 : "/api/v1/stream?after=" + std::to_string(seq_) + "&instance=" + instance_;
    }

    /// A verdict when training has ended.
    std::optional<verdict> take(const std::string& message) {
        const auto value = text::parse_json(message, message_limits);
        const auto& object = value.as_object();
        const auto type = std::string(std::string_view(object.at("type").as_string()));
        if (type == "resumed") {
            return std::nullopt;
        }
        if (type != "snapshot") {
            return tell(object);
        }
        return take_snapshot(object);
    }

private:
    std::optional<verdict> take_snapshot(const json::object& snapshot) {
        const auto instance = std::string(std::string_view(snapshot.at("instance").as_string()));
        const bool is_known = instance_ == instance;
        if (!is_known) {
            std::cout << status_text(snapshot.at("status").as_object()) << std::endl;
        }
        // A training that ended before this program came counts, unless another one was asked for since.
        std::optional<verdict> ended;
        std::string end_line;
        for (const auto& value : snapshot.at("log").as_array()) {
            const auto& happened = value.as_object();
            if (is_known) {
                const auto outcome = tell(happened);
                ended = outcome ? outcome : ended;
            } else if (const auto outcome = outcome_of(happened)) {
                ended = outcome;
                end_line = event_line(happened).value_or("");
            } else if (starts_training(happened)) {
                ended.reset();
            }
        }
        if (!is_known && ended) {
            std::cout << end_line << std::endl;
        }
        instance_ = instance;
        seq_ = snapshot.at("seq").to_number<std::uint64_t>();
        return ended;
    }

    static std::optional<verdict> outcome_of(const json::object& happened) {
        if (happened.at("type").as_string() != "training_finished") {
            return std::nullopt;
        }
        return happened.at("outcome").as_string() == "failed" ? verdict::failed : verdict::finished;
    }

    static bool starts_training(const json::object& happened) {
        const auto& type = happened.at("type").as_string();
        return type == "training_started" ||
               (type == "command" && happened.at("command") == "train" && happened.at("accepted") == true);
    }

    std::optional<verdict> tell(const json::object& happened) {
        const auto seq = happened.at("seq").to_number<std::uint64_t>();
        if (seq <= seq_) {
            return std::nullopt;
        }
        seq_ = seq;
        if (const auto line = event_line(happened)) {
            std::cout << *line << std::endl;
        }
        return outcome_of(happened);
    }

    std::string instance_;
    std::uint64_t seq_ = 0;
};

} // namespace

net::awaitable<verdict> watch(net::runtime& rt, dashboard::master_place master) {
    net::backoff policy;
    policy.give_up = std::chrono::minutes(1);
    story seen;
    bool was_connected = false;
    unsigned failures = 0;
    auto lost_since = rt.time.now();
    for (;;) {
        dashboard::stream_client stream(rt, master);
        auto failed = co_await stream.open(seen.target());
        if (stream.refusal() == 401 || stream.refusal() == 403) {
            co_return verdict::refused;
        }
        while (!failed) {
            const auto message = co_await stream.next();
            failed = message.error;
            if (failed) {
                break;
            }
            was_connected = true;
            failures = 0;
            const auto ended = seen.take(message.text);
            if (ended) {
                co_return *ended;
            }
        }
        if (failed == net::errc::peer_uses_tls || failed == net::errc::peer_uses_http) {
            throw boost::system::system_error(failed);
        }
        if (failures == 0) {
            lost_since = rt.time.now();
            std::cerr << "fedasio: " << (was_connected ? "lost the master: " : "cannot reach the master: ")
                      << failed.message() << std::endl;
        }
        if (!was_connected || rt.time.now() - lost_since > policy.give_up) {
            co_return verdict::lost;
        }
        co_await net::sleep_for(rt, policy.pause(failures, rt.entropy()));
        ++failures;
    }
}

} // namespace fedasio::steering
