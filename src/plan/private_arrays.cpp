#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/private_arrays.hpp>
#include <fedasio/text/nearest.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace fedasio::plan {
namespace {

constexpr std::size_t most_shown = 20;

/// Greedy from the last star back: linear in the text for each star.
bool matches(std::string_view pattern, std::string_view text) {
    std::size_t at = 0;
    std::size_t in = 0;
    auto star = std::string_view::npos;
    std::size_t resume = 0;
    while (at < text.size()) {
        if (in < pattern.size() && pattern[in] == '*') {
            star = in++;
            resume = at;
        } else if (in < pattern.size() && pattern[in] == text[at]) {
            ++in;
            ++at;
        } else if (star != std::string_view::npos) {
            in = star + 1;
            at = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

std::string names_of(const nn::model_arrays& all) {
    std::string result;
    for (std::size_t i = 0; i < std::min(all.all().size(), most_shown); ++i) {
        result += (i == 0 ? "\"" : ", \"") + all.all()[i].name + '"';
    }
    return all.all().size() > most_shown
               ? result + " and " + std::to_string(all.all().size() - most_shown) + " more"
               : result;
}

/// With the array that is called nearly so, if there is one.
std::string meant_by(const std::string& name, const nn::model_arrays& all) {
    std::vector<std::string_view> known;
    for (const auto& one : all.all()) {
        known.emplace_back(one.name);
    }
    const auto meant = text::nearest(name, known);
    return meant.empty() ? std::string() : " (did you mean \"" + std::string(meant) + "\"?)";
}

} // namespace

nn::model_arrays with_private(const nn::model_arrays& all, std::span<const std::string> names) {
    for (const auto& name : names) {
        if (std::ranges::none_of(all.all(), [&](const auto& one) { return matches(name, one.name); })) {
            throw std::invalid_argument("model.private names \"" + name +
                                        "\", which no array of the model is called" + meant_by(name, all) +
                                        ": name some of " + names_of(all));
        }
    }
    std::vector<nn::model_array> changed(all.all().begin(), all.all().end());
    bool learns = false;
    for (auto& one : changed) {
        const bool stays =
            std::ranges::any_of(names, [&](const auto& name) { return matches(name, one.name); });
        if (stays) {
            one.role = nn::array_role::at_client;
        } else if (one.role == nn::array_role::at_client) { // of a model that was saved by another plan
            one.role = nn::usual_role(one.name, one.type);
        }
        learns = learns || (one.role == nn::array_role::trained && one.size > 0);
    }
    if (!learns && !names.empty()) {
        throw std::invalid_argument("with every array that is trained in model.private nothing is learned "
                                    "together: leave one out of it");
    }
    return {std::move(changed), limits::parameters};
}

void rearrange(const nn::model_arrays& from, std::span<const float> values, const nn::model_arrays& to,
               std::span<float> into) {
    std::map<std::string_view, std::size_t> places;
    for (const auto& one : to.all()) {
        places[one.name] = one.offset;
    }
    for (const auto& one : from.all()) {
        const auto place = static_cast<std::ptrdiff_t>(places.at(one.name));
        std::ranges::copy(values.subspan(one.offset, one.size), into.begin() + place);
    }
}

} // namespace fedasio::plan
