#pragma once

#include <fedasio/text/json_field.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::text {

/// When a key is written into the canonical form: a key that came later than others of its object is left out
/// where it says nothing (false, null, 0, an empty list, the first of several kinds), which must be its
/// default, so that digests of plans from before it stay.
enum class written { always, when_changed };

class keys;

/// The keys of one object.
using description = std::function<void(keys&)>;

/// One kind of an object, and a sentence for people.
struct kind {
    std::string_view word;
    std::string_view sentence;
};

/// An object of one of several kinds, as its key `tag` says. Reading and the schema make it another one.
struct kinds {
    std::string_view tag;
    std::vector<kind> all;
    bool is_short = false; ///< the word alone stands for an object with the defaults of its kind
    std::function<std::size_t()> current;          ///< place in `all`
    std::function<void(std::size_t place)> become; ///< with the defaults of that kind
    description own;                               ///< the keys of the kind that it is
    description common = [](keys&) {};             ///< keys that all kinds have
};

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

    /// The key of this name, which comes next, must be there; `remedy` ends the sentence "is missing: ...".
    virtual void required(std::string_view name, std::string_view remedy) = 0;

    virtual void real(std::string_view name, double& value, const interval& range, std::string_view sentence,
                      written when = written::always) = 0;
    /// Written as the shortest decimal that gives the same float.
    virtual void real(std::string_view name, float& value, const interval& range, std::string_view sentence,
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
    virtual void object(std::string_view name, const description& value, std::string_view sentence) = 0;
    virtual void object(std::string_view name, const kinds& value, std::string_view sentence,
                        written when = written::always) = 0;
};

} // namespace fedasio::text
