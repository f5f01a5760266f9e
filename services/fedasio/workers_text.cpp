#include "workers_text.hpp"

#include <fedasio/text/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <vector>

namespace fedasio::steering {
namespace {

namespace json = boost::json;

constexpr std::array headings{"no.",   "name", "state",    "clients", "samples",
                              "round", "loss", "accuracy", "seconds"};
using row = std::array<std::string, headings.size()>;

std::string text(const json::object& from, std::string_view key) {
    const auto* const value = from.if_contains(key);
    const auto* const string = value == nullptr ? nullptr : value->if_string();
    return string == nullptr ? std::string() : text::printable(std::string_view(*string));
}

/// "-" when it was never told.
std::string number(const json::object& from, std::string_view key, int digits, double scale = 1) {
    const auto* const value = from.if_contains(key);
    json::error_code failed;
    const auto told = value == nullptr || !value->is_number() ? 0.0 : value->to_number<double>(failed);
    return value == nullptr || !value->is_number() ? "-" : fmt::format("{:.{}f}", told * scale, digits);
}

bool is_gone(const json::value& worker) {
    return worker.is_object() && text(worker.get_object(), "state") == "gone";
}

/// What it does, or why it has nothing to do.
std::string state_of(const json::object& worker) {
    const auto state = text(worker, "state");
    const auto standing = text(worker, "standing");
    return state == "gone" || standing.empty() || standing == "takes_part" ? state : standing;
}

row row_of(const json::object& worker) {
    const auto* const clients = worker.if_contains("clients");
    const auto* const list = clients == nullptr ? nullptr : clients->if_array();
    return {number(worker, "worker", 0),
            text(worker, "name"),
            state_of(worker),
            list == nullptr ? "-" : std::to_string(list->size()),
            number(worker, "samples", 0),
            number(worker, "round", 0),
            number(worker, "loss", 4),
            number(worker, "accuracy", 4),
            number(worker, "seconds", 2)};
}

} // namespace

std::string workers_text(const json::array& workers, std::size_t most) {
    std::vector<const json::object*> shown;
    for (const bool gone : {false, true}) {
        for (const auto& worker : workers) {
            if (worker.is_object() && is_gone(worker) == gone) {
                shown.push_back(&worker.get_object());
            }
        }
    }
    if (shown.empty()) {
        return "no worker has connected yet";
    }
    const auto left_out = shown.size() - std::min(shown.size(), most);
    shown.resize(shown.size() - left_out);
    std::vector<row> rows(1);
    std::ranges::copy(headings, rows.front().begin());
    std::ranges::transform(shown, std::back_inserter(rows), [](const auto* one) { return row_of(*one); });
    std::array<std::size_t, headings.size()> widths{};
    for (const auto& cells : rows) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            widths[i] = std::max(widths[i], cells[i].size());
        }
    }
    std::string result;
    for (std::size_t line = 0; line < rows.size(); ++line) {
        result += line == 0 ? "" : "\n";
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const bool is_text = i == 1 || i == 2;
            result += i == 0 ? "" : "  ";
            result += is_text ? fmt::format("{:<{}}", rows[line][i], widths[i])
                              : fmt::format("{:>{}}", rows[line][i], widths[i]);
        }
        const auto reason = line == 0 ? std::string() : text(*shown[line - 1], "reason");
        result += reason.empty() ? "" : "  " + reason;
    }
    return result + (left_out == 0 ? "" : fmt::format("\nand {} more", left_out));
}

} // namespace fedasio::steering
