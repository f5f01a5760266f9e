#include <fedasio/text/nearest.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace fedasio::text {
namespace {

std::string in_small_letters(std::string_view text) {
    std::string result(text);
    for (char& one : result) {
        one = one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
    }
    return result;
}

} // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    // A peer may send a key of any length; only one about as long as a candidate can be a misspelling of it.
    constexpr std::size_t longest = 64;
    if (word.size() > longest) {
        return {};
    }
    // Capitals where small letters belong are no more than a slip, however many.
    const auto wanted = in_small_letters(word);
    std::string_view best;
    std::pair<std::size_t, std::size_t> best_distance{std::max<std::size_t>(1, word.size() / 3) + 1, 0};
    for (const std::string_view candidate : candidates) {
        const std::pair distance{edit_distance(wanted, in_small_letters(candidate)),
                                 edit_distance(word, candidate)};
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace fedasio::text
