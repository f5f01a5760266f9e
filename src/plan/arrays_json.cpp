#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_field.hpp>

#include <boost/json/object.hpp>

#include "plan/foreign_words.hpp"
#include <array>
#include <stdexcept>
#include <utility>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<std::string_view, nn::array_role>, 4> roles{
    {{"trained", nn::array_role::trained},
     {"statistic", nn::array_role::statistic},
     {"counter", nn::array_role::counter},
     {"private", nn::array_role::at_client}}};

nn::model_array read_array(const text::json_field& field) {
    const auto members = field.members({"name", "shape", "type", "role"});
    nn::model_array one;
    one.name = members.require("name", "write what the array is called").text(limits::array_name);
    for (const auto& dim :
         members.require("shape", "write its dimensions, none for one number").items(0, limits::array_dims)) {
        one.dims.push_back(dim.whole(0, limits::parameters));
    }
    if (const auto type = members.find("type")) {
        one.type = nn::array_types()[type->choice_of(nn::array_types())];
    }
    const auto role = members.find("role");
    one.role = role ? role->choice(std::span<const std::pair<std::string_view, nn::array_role>>(roles))
                    : nn::usual_role(one.name, one.type);
    return one;
}

} // namespace

json::array to_json(const nn::model_arrays& what) {
    json::array result;
    for (const auto& one : what.all()) {
        json::object entry{{"name", one.name}, {"shape", json::array(one.dims.begin(), one.dims.end())}};
        if (one.type != "float32") {
            entry["type"] = one.type;
        }
        for (const auto& [word, role] : roles) {
            if (role == one.role && role != nn::usual_role(one.name, one.type)) {
                entry["role"] = json::string_view(word.data(), word.size());
            }
        }
        result.push_back(std::move(entry));
    }
    return result;
}

nn::model_arrays arrays_from_json(const json::value& value, std::string_view where) {
    const text::json_field field(value, std::string(where), ".", &plan_words);
    std::vector<nn::model_array> all;
    for (const auto& item : field.items(1, limits::arrays)) {
        all.push_back(read_array(item));
    }
    try {
        return {std::move(all), limits::parameters};
    } catch (const std::invalid_argument& e) {
        throw text::field_error(std::string(where), e.what());
    }
}

} // namespace fedasio::plan
