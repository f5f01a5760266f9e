#include "nearest_name.hpp"

#include "file_text.hpp"
#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace fedasio::data {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

} // namespace

std::string similar_names(std::string_view wanted, std::span<const std::string> names) {
    constexpr std::size_t most_shown = 3;
    constexpr std::size_t longest_compared = 200;
    const auto most_edits = std::max<std::size_t>(1, wanted.size() / 3);
    std::string list;
    std::size_t shown = 0;
    for (const std::string& name : names) {
        const bool comparable = wanted.size() <= longest_compared && name.size() <= longest_compared;
        if (comparable && edit_distance(wanted, name) <= most_edits && ++shown <= most_shown) {
            list += (list.empty() ? "" : ", ") + in_quotes(name);
        }
    }
    return list;
}

std::string nearest_names(std::string_view wanted, std::span<const std::string> names) {
    constexpr std::size_t most_shown = 20;
    constexpr std::size_t longest_compared = 200;
    std::vector<std::pair<std::size_t, std::size_t>> ranked;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto distance = edit_distance(wanted.substr(0, longest_compared),
                                            std::string_view(names[i]).substr(0, longest_compared));
        ranked.emplace_back(distance, i);
    }
    std::ranges::sort(ranked);
    std::string list;
    for (std::size_t i = 0; i < std::min(ranked.size(), most_shown); ++i) {
        list += (i == 0 ? "" : ", ") + in_quotes(names[ranked[i].second]);
    }
    if (ranked.size() > most_shown) {
        list += " and " + std::to_string(ranked.size() - most_shown) + " more";
    }
    return list;
}

} // namespace fedasio::data
