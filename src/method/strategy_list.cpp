#include <fedasio/method/strategy.hpp>

#include <array>
#include <utility>

namespace fedasio::method {

#define FEDASIO_STRATEGY(name) std::unique_ptr<strategy> make_##name();
#include "method/strategies.def"
#undef FEDASIO_STRATEGY

namespace {

using maker = std::unique_ptr<strategy> (*)();

#define FEDASIO_STRATEGY(name) std::pair<std::string_view, maker>{#name, make_##name},
constexpr auto strategies = std::to_array<std::pair<std::string_view, maker>>({
#include "method/strategies.def"
});
#undef FEDASIO_STRATEGY

} // namespace

std::vector<std::string_view> strategy_names() {
    std::vector<std::string_view> names;
    names.reserve(strategies.size());
    for (const auto& [name, make] : strategies) {
        names.push_back(name);
    }
    return names;
}

std::unique_ptr<strategy> make_strategy(std::string_view name) {
    for (const auto& [known, make] : strategies) {
        if (known == name) {
            return make();
        }
    }
    return nullptr;
}

} // namespace fedasio::method
