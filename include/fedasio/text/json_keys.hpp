#pragma once

#include <fedasio/text/json_field.hpp>
#include <fedasio/text/keys.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

/// Passes over described keys: from JSON, to its canonical form, and to the schema (docs/api.md#schema).
namespace fedasio::text {

/// Sets what is described to what stands there, and leaves the rest as it is. Throws field_error: for a key
/// that is not described, too, with what may have been meant.
void read_keys(const json_field& from, const description& what);
/// Likewise; a string stands for a kind if that is allowed.
void read_keys(const json_field& from, const kinds& what);

/// All keys, in their order; defaults too, unless written::when_changed.
[[nodiscard]] boost::json::object write_keys(const description& what);
[[nodiscard]] boost::json::object write_keys(const kinds& what);

/// The node of an object. Goes through all kinds and leaves the first one, with its defaults.
[[nodiscard]] boost::json::object schema_of(const description& what);
[[nodiscard]] boost::json::object schema_of(const kinds& what);

/// A float as the shortest decimal that gives the same float.
[[nodiscard]] boost::json::value shortest(float number);

/// An object, or null for none. `keys_of` gives the description, or the kinds, of a T&, which it refers to.
template <class T, class KeysOf>
form optional_of(std::optional<T>& value, KeysOf keys_of) {
    return {.read =
                [&value, keys_of](const json_field& from) {
                    value.reset();
                    if (!from.value().is_null()) {
                        read_keys(from, keys_of(value.emplace()));
                    }
                },
            .write = [&value, keys_of]() -> boost::json::value {
                return value ? write_keys(keys_of(*value)) : boost::json::value();
            },
            .outline =
                [keys_of] {
                    T fresh;
                    auto node = schema_of(keys_of(fresh));
                    node["default"] = nullptr;
                    return node;
                },
            .says_nothing = [&value] { return !value; }};
}

/// A list of `fewest` to `most` objects, likewise.
template <class T, class KeysOf>
form list_of(std::vector<T>& value, std::size_t fewest, std::size_t most, KeysOf keys_of) {
    return {.read =
                [&value, fewest, most, keys_of](const json_field& from) {
                    value.clear();
                    for (const auto& item : from.items(fewest, most)) {
                        read_keys(item, keys_of(value.emplace_back()));
                    }
                },
            .write =
                [&value, keys_of] {
                    boost::json::array items;
                    for (auto& item : value) {
                        items.emplace_back(write_keys(keys_of(item)));
                    }
                    return boost::json::value(std::move(items));
                },
            .outline =
                [keys_of] {
                    T fresh;
                    auto item = schema_of(keys_of(fresh));
                    item.erase("default");
                    return boost::json::object{{"type", "array"}, {"items", std::move(item)}};
                },
            .says_nothing = [&value] { return value.empty(); }};
}

} // namespace fedasio::text
