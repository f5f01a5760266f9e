#include <fedasio/method/strategy.hpp>

#include <algorithm>
#include <array>

namespace fedasio::method {

#define FEDASIO_STRATEGY(name, ...) std::unique_ptr<strategy> make_##name();
#include "method/strategies.def"
#undef FEDASIO_STRATEGY

namespace {

struct entry {
    std::string_view name;
    std::string_view sentence;
    std::unique_ptr<strategy> (*make)();
};

#define FEDASIO_STRATEGY(name, ...) entry{#name, "" __VA_ARGS__, make_##name},
constexpr auto strategies = std::to_array<entry>({
#include "method/strategies.def"
});
#undef FEDASIO_STRATEGY

} // namespace

std::vector<std::string_view> strategy_names() {
    std::vector<std::string_view> names;
    names.reserve(strategies.size());
    for (const auto& one : strategies) {
        names.push_back(one.name);
    }
    return names;
}

std::unique_ptr<strategy> make_strategy(std::string_view name) {
    const auto* const found = std::ranges::find(strategies, name, &entry::name);
    return found == strategies.end() ? nullptr : found->make();
}

std::string_view strategy_sentence(std::string_view name) {
    const auto* const found = std::ranges::find(strategies, name, &entry::name);
    return found == strategies.end() ? std::string_view() : found->sentence;
}

} // namespace fedasio::method
