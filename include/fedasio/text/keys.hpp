#pragma once

#include <fedasio/text/json_field.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::text {

/// When a key is written into the canonical form: a key that came later than others of its object is left out
/// where it has its default, so that digests of plans from before it stay.
enum class written { always, when_changed };

/// One pass over the keys of an object that are described once: a description calls one of these for each
/// key, in the canonical order, with the member that it stands for, its range, and a sentence for people.
/// What the member holds before is the default. Reading, writing, and the schema are passes over one
/// description.
class keys {
public:
    keys() = default;
    keys(const keys&) = delete;
    keys& operator=(const keys&) = delete;
    virtual ~keys() = default;

    virtual void real(std::string_view name, double& value, const interval& range, std::string_view sentence,
                      written when = written::always) = 0;
    virtual void whole(std::string_view name, std::uint32_t& value, std::uint32_t low, std::uint32_t high,
                       std::string_view sentence, written when = written::always) = 0;
    /// Empty: the key is not there, or null.
    virtual void whole(std::string_view name, std::optional<std::uint32_t>& value, std::uint32_t low,
                       std::uint32_t high, std::string_view sentence, written when = written::always) = 0;
    virtual void boolean(std::string_view name, bool& value, std::string_view sentence,
                         written when = written::always) = 0;
    /// A list of `fewest` to `most` texts of at most `longest` bytes each. With `fewest` over 0 the key must
    /// be there.
    virtual void texts(std::string_view name, std::vector<std::string>& value, std::size_t fewest,
                       std::size_t most, std::size_t longest, std::string_view sentence,
                       written when = written::always) = 0;
};

} // namespace fedasio::text
