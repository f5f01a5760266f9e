#include <fedasio/plan/limits.hpp>
#include <fedasio/wire/state.hpp>

#include <boost/json/array.hpp>

#include <stdexcept>

namespace fedasio::wire {

boost::json::array to_json(const std::vector<state_array>& arrays) {
    boost::json::array result;
    for (const auto& [name, floats] : arrays) {
        result.push_back(boost::json::array{name, floats});
    }
    return result;
}

std::vector<state_array> read_state(const std::optional<text::json_field>& field) {
    std::vector<state_array> result;
    if (!field) {
        return result;
    }
    std::uint64_t sum = 0;
    for (const auto& item : field->items(0, plan::limits::state_arrays)) {
        const auto pair = item.items(2, 2);
        state_array array{pair[0].text(plan::limits::state_name), pair[1].whole(0, plan::limits::parameters)};
        if (!result.empty() && array.name <= result.back().name) {
            item.fail("arrays stand in the order of their names, each once");
        }
        sum += array.floats;
        if (sum > plan::limits::parameters) {
            field->fail("the arrays have more floats than one body holds");
        }
        result.push_back(std::move(array));
    }
    return result;
}

std::uint64_t floats_of(const std::vector<state_array>& arrays) {
    std::uint64_t sum = 0;
    for (const auto& array : arrays) {
        sum += array.floats;
    }
    return sum;
}

std::vector<state_array> list_of(const std::map<std::string, std::vector<float>>& state) {
    std::vector<state_array> result;
    result.reserve(state.size());
    for (const auto& [name, values] : state) {
        result.push_back({name, values.size()});
    }
    return result;
}

std::map<std::string, std::vector<float>> state_of(const std::vector<state_array>& arrays,
                                                   std::span<const float> floats) {
    if (floats_of(arrays) != floats.size()) {
        throw std::invalid_argument("the body has " + std::to_string(floats.size()) +
                                    " floats of a client's state, but lists " +
                                    std::to_string(floats_of(arrays)));
    }
    std::map<std::string, std::vector<float>> result;
    for (const auto& [name, count] : arrays) {
        const auto values = floats.first(count);
        result[name].assign(values.begin(), values.end());
        floats = floats.subspan(count);
    }
    return result;
}

} // namespace fedasio::wire
