#include "wire/numbers.hpp"

#include <fedasio/plan/limits.hpp>

#include <boost/json/array.hpp>

#include <string>

namespace fedasio::wire {

// There may be thousands, so that a name is made only for one that is wrong.
std::vector<std::uint64_t> read_counts(const std::optional<text::json_field>& field, std::size_t most) {
    std::vector<std::uint64_t> result;
    if (!field) {
        return result;
    }
    if (!field->value().is_array() || field->value().get_array().size() > most) {
        field->refuse("an array of at most " + std::to_string(most) + " counts");
    }
    const auto& counts = field->value().get_array();
    result.reserve(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto* const plain = counts[i].if_int64();
        result.push_back(plain != nullptr && *plain >= 0 && *plain <= std::int64_t{plan::limits::samples}
                             ? static_cast<std::uint64_t>(*plain)
                             : text::json_field(counts[i], field->where() + "[" + std::to_string(i) + "]")
                                   .whole(0, plan::limits::samples));
    }
    return result;
}

std::optional<double> real_if(const std::optional<text::json_field>& field, const text::interval& range) {
    return field ? std::optional(field->real(range)) : std::nullopt;
}

std::uint32_t number32_or_0(const text::json_reader& in, std::string_view key) {
    return in.find(key) ? in.number32(key) : 0;
}

void put(boost::json::object& into, std::string_view key, const std::optional<double>& number) {
    if (number) {
        into[key] = *number;
    }
}

void put(boost::json::object& into, std::string_view key, std::uint32_t number) {
    if (number != 0) {
        into[key] = number;
    }
}

void put(boost::json::object& into, const std::vector<state_array>& state) {
    if (!state.empty()) {
        into["state"] = to_json(state);
    }
}

} // namespace fedasio::wire
