#include "saved_models.hpp"

#include <fedasio/history/round_reader.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace fedasio::program {
namespace {

namespace json = boost::json;

double seconds_of(std::filesystem::file_time_type time) {
    return std::chrono::duration<double>(std::chrono::file_clock::to_sys(time).time_since_epoch()).count();
}

std::optional<std::uint32_t> number_of(const std::string& text) {
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? std::optional(number)
                                                                               : std::nullopt;
}

/// Whoever saves weights that a round has tested writes its metric down; of weights that were loaded there
/// is none.
bool is_tested(const std::map<std::string, std::string>& metadata) {
    return std::ranges::any_of(metadata, [](const auto& entry) {
        return entry.first.starts_with("test_") || entry.first.starts_with("train_");
    });
}

/// Null if it cannot be read: that makes no model worse.
std::unique_ptr<history::round_reader> reader_of(const std::filesystem::path& history) try {
    return std::make_unique<history::round_reader>(history);
} catch (const std::exception&) {

    return nullptr;
}

/// What the test of that round has told, as far as it can be read.
json::value test_of(history::round_reader* rounds, const json::object& model) try {
    if (rounds == nullptr || model.at("run").is_null() || model.at("round").is_null()) {
        return nullptr;
    }
    const auto round = model.at("round").to_number<std::uint32_t>();
    const auto text = rounds->text(model.at("run").as_string(), round);
    if (!text) {
        return nullptr;
    }
    const auto result = text::parse_json(*text);
    json::object test;
    for (const auto& [key, value] : result.as_object()) {
        if (key.starts_with("test_") && value.is_number()) {
            test[key] = value;
        }
    }
    return test.empty() ? json::value(nullptr) : json::value(std::move(test));
} catch (const std::exception&) {

    return nullptr;
}

json::object model_of(const std::filesystem::path& state_dir, const std::string& name,
                      history::round_reader* rounds) {
    json::object model{{"name", name}};
    try {
        const auto path = store::model_path(state_dir, name);
        const auto known = store::read_safetensors_metadata(path);
        model["saved"] = seconds_of(std::filesystem::last_write_time(path));
        model["bytes"] = std::filesystem::file_size(path);
        for (const auto* const key : {"plan", "plan_digest", "run", "kept", "weights_sha256"}) {
            const auto found = known.find(key);
            model[key] = found == known.end() ? json::value(nullptr) : json::value(found->second);
        }
        const auto round = known.find("round");
        const auto number = round == known.end() ? std::nullopt : number_of(round->second);
        model["round"] = number ? json::value(*number) : json::value(nullptr);
        model["test"] = is_tested(known) ? test_of(rounds, model) : nullptr;
    } catch (const std::exception& problem) {
        model = {{"name", name}, {"error", problem.what()}};
    }
    return model;
}

} // namespace

std::string saved_models_text(const std::filesystem::path& state_dir) {
    const auto rounds = reader_of(state_dir / "history.sqlite");
    json::array models;
    for (const auto& name : store::list_models(state_dir)) {
        models.push_back(model_of(state_dir, name, rounds.get()));
    }
    const auto later = [](const json::value& one, const json::value& other) {
        const auto time = [](const json::value& model) {
            const auto* const saved = model.as_object().if_contains("saved");
            return saved == nullptr ? 0.0 : saved->to_number<double>();
        };
        return std::pair(-time(one), one.at("name").as_string()) <
               std::pair(-time(other), other.at("name").as_string());
    };
    std::ranges::sort(models, later);
    return text::canonical_text(models);
}

} // namespace fedasio::program
