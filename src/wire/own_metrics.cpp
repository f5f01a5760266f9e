#include "wire/own_metrics.hpp"

#include <fedasio/text/cut.hpp>
#include <fedasio/text/printable.hpp>

#include <string>
#include <utility>

namespace fedasio::wire {

plan::own_metrics read_metrics(const std::optional<text::json_field>& field) {
    namespace limits = plan::limits;
    plan::own_metrics result;
    if (!field) {
        return result;
    }
    const auto* const told = field->value().if_object();
    if (told == nullptr || told->size() > limits::client_metrics) {
        field->fail("must be an object of at most " + std::to_string(limits::client_metrics) +
                    " numbers by name");
    }
    for (const auto& [name, value] : *told) {
        if (!plan::is_metric_name(name)) {
            field->fail("has the name \"" + text::printable(text::cut(name, limits::metric_name)) +
                        "\"; a name is " + std::string(plan::metric_name_rule));
        }
        const text::json_field number(value, field->where(name));
        result.emplace(name, number.real({-limits::metric_magnitude, limits::metric_magnitude}));
    }
    return result;
}

void put(boost::json::object& into, const plan::own_metrics& metrics) {
    if (metrics.empty()) {
        return;
    }
    boost::json::object numbers;
    for (const auto& [name, value] : metrics) {
        numbers[name] = value;
    }
    into["metrics"] = std::move(numbers);
}

} // namespace fedasio::wire
