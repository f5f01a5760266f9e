// Of a round of thousands of clients most events are of two types: these are written without a JSON object.
#include <fedasio/dashboard/event_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace fedasio::dashboard {
namespace {

/// A JSON object, member by member; names need no escapes.
class object_text {
public:
    explicit object_text(const master::event& happened) {
        text_.reserve(128);
        add("seq", happened.seq);
        add("time", happened.time);
    }

    void add(std::string_view name, std::uint64_t number) { append_number(name, number); }

    void add(std::string_view name, double number) {
        if (std::isfinite(number)) {
            append_number(name, number);
        } else {
            begin(name);
            text_ += "null";
        }
    }

    void add(std::string_view name, const std::optional<double>& number) {
        add(name, number.value_or(std::numeric_limits<double>::quiet_NaN()));
    }

    void add_word(std::string_view name, std::string_view word) {
        begin(name);
        text_ += '"';
        text_ += word;
        text_ += '"';
    }

    std::string finish() && {
        text_ += '}';
        return std::move(text_);
    }

private:
    void begin(std::string_view name) {
        text_ += text_.empty() ? "{\"" : ",\"";
        text_ += name;
        text_ += "\":";
    }

    template <class Number>
    void append_number(std::string_view name, Number number) {
        begin(name);
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        text_.append(digits.data(), end);
    }

    std::string text_;
};

} // namespace

std::string event_text(const master::event& happened) {
    object_text out(happened);
    if (const auto* state = std::get_if<master::worker_state_changed>(&happened.what)) {
        out.add_word("type", "worker_state");
        out.add("worker", std::uint64_t{state->worker});
        out.add_word("state", to_string(state->state));
    } else if (const auto* update = std::get_if<master::client_updated>(&happened.what)) {
        out.add_word("type", "client_updated");
        out.add("round", std::uint64_t{update->round});
        out.add("client", std::uint64_t{update->client});
        out.add("worker", std::uint64_t{update->worker});
        out.add("samples", update->samples);
        out.add("loss", update->loss);
        out.add("accuracy", update->accuracy);
        out.add("seconds", update->seconds);
    } else {
        return text::canonical_text(event_json(happened));
    }
    return std::move(out).finish();
}

} // namespace fedasio::dashboard
