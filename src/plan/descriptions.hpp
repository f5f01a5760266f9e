#pragma once

#include <fedasio/data/source_spec.hpp>
#include <fedasio/method/local_training.hpp>
#include <fedasio/method/strategy.hpp>
#include <fedasio/nn/model_spec.hpp>
#include <fedasio/nn/optimizer_spec.hpp>
#include <fedasio/nn/schedule.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/text/keys.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

/// The keys of a plan's objects, each described once: readers, canonical form, schema and the tables of
/// docs/plan.md come from here. They refer to what they are given, which must outlive them.
namespace fedasio::plan {

[[nodiscard]] text::description keys_of(plan& what);
[[nodiscard]] text::description keys_of(nn::model_spec& what);
[[nodiscard]] text::kinds kinds_of(nn::layer_spec& what);
[[nodiscard]] text::form form_of(data::source_spec& what);
[[nodiscard]] text::kinds kinds_of(data::partition_spec& what);
[[nodiscard]] text::description keys_of(method::local_training& what);
[[nodiscard]] text::kinds kinds_of(nn::optimizer_spec& what);
[[nodiscard]] text::kinds kinds_of(nn::schedule& what);
/// To be read into, it must not be shared: reading makes it another one first.
[[nodiscard]] text::kinds kinds_of(std::shared_ptr<const method::strategy>& what);

/// One alternative of a variant, as the key `type` names it.
template <class Variant>
struct alternative {
    std::string_view word;
    std::string_view sentence;
    Variant fresh; ///< with its defaults
};

/// An object whose `type` says which alternative of a variant it is. `describe` is called with that one.
template <class Variant, class Describe>
text::kinds kinds_of_variant(Variant& what, std::span<const alternative<Variant>> all, Describe describe) {
    text::kinds result;
    result.tag = "type";
    for (const auto& one : all) {
        result.all.push_back({one.word, one.sentence});
    }
    result.current = [&what, all] {
        const auto here =
            std::ranges::find(all, what.index(), [](const auto& one) { return one.fresh.index(); });
        return static_cast<std::size_t>(here - all.begin());
    };
    result.become = [&what, all](std::size_t place) { what = all[place].fresh; };
    result.own = [&what, describe](text::keys& keys) {
        std::visit([&](auto& one) { describe(one, keys); }, what);
    };
    return result;
}

} // namespace fedasio::plan
