#pragma once

#include <fedasio/text/json_field.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::text {

/// When a key is written into the canonical form: a key that came later than others of its object is left out
/// where it says nothing (false, null, 0, an empty text or list, the first of several choices), which must be
/// its default, so that digests of plans from before it stay.
enum class written { always, when_changed };

/// How the value of a key is read, written and told of. keys has the common ones.
struct form {
    std::function<void(const json_field& from)> read; ///< throws field_error
    std::function<boost::json::value()> write;
    /// The schema's node of the key, without its sentence: type, default, range (docs/api.md#schema).
    std::function<boost::json::object()> outline;
    std::function<bool()> says_nothing; ///< asked for with written::when_changed
};

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

/// What is wrong with the keys of an object together.
struct fault {
    std::string key; ///< where; empty: at the object
    std::string problem;
};

/// One pass over the keys of an object that are described once: a description calls one of these for each
/// key, in the canonical order, with the member that it stands for, its range, and a sentence for people.
/// What the member holds before is the default. Reading, writing, and the schema are passes over one
/// description; who needs a value that is written in a way of its own calls key() with its form.
class keys {
public:
    keys() = default;
    keys(const keys&) = delete;
    keys& operator=(const keys&) = delete;
    virtual ~keys() = default;

    /// The key of this name, which comes next, must be there; `remedy` ends the sentence "is missing: ...".
    virtual void required(std::string_view name, std::string_view remedy) = 0;
    virtual void key(std::string_view name, const form& value, std::string_view sentence,
                     written when = written::always) = 0;
    /// Asked once the keys before it are read: what no key alone shows to be wrong.
    virtual void check(const std::function<std::optional<fault>()>& problem) = 0;

    void real(std::string_view name, double& value, const interval& range, std::string_view sentence,
              written when = written::always);
    /// Written as the shortest decimal that gives the same float.
    void real(std::string_view name, float& value, const interval& range, std::string_view sentence,
              written when = written::always);
    /// Empty: the key is not there, or null.
    void real(std::string_view name, std::optional<double>& value, const interval& range,
              std::string_view sentence, written when = written::always);
    void whole(std::string_view name, std::uint32_t& value, std::uint32_t low, std::uint32_t high,
               std::string_view sentence, written when = written::always);
    void whole(std::string_view name, std::uint64_t& value, std::uint64_t low, std::uint64_t high,
               std::string_view sentence, written when = written::always);
    /// Empty: the key is not there, or null.
    void whole(std::string_view name, std::optional<std::uint32_t>& value, std::uint32_t low,
               std::uint32_t high, std::string_view sentence, written when = written::always);
    void boolean(std::string_view name, bool& value, std::string_view sentence,
                 written when = written::always);
    /// One byte at least, and at most `longest`; empty: the key is not there.
    void text(std::string_view name, std::string& value, std::size_t longest, std::string_view sentence,
              written when = written::always);
    /// A list of `fewest` to `most` texts of at most `longest` bytes each.
    void texts(std::string_view name, std::vector<std::string>& value, std::size_t fewest, std::size_t most,
               std::size_t longest, std::string_view sentence, written when = written::always);
    /// One of these words: its place among them.
    void word(std::string_view name, std::size_t& place, std::span<const std::string_view> words,
              std::string_view sentence, written when = written::always);
    void object(std::string_view name, const description& value, std::string_view sentence);
    void object(std::string_view name, const kinds& value, std::string_view sentence,
                written when = written::always);

    /// A word for each enumerator from 0 on, or for false and true.
    template <class Enum>
    void choice(std::string_view name, Enum& value, std::span<const std::string_view> words,
                std::string_view sentence, written when = written::always) {
        auto place = static_cast<std::size_t>(value);
        word(name, place, words, sentence, when);
        value = static_cast<Enum>(place);
    }

    template <class Enum>
    void choice(std::string_view name, Enum& value, std::initializer_list<std::string_view> words,
                std::string_view sentence, written when = written::always) {
        choice(name, value, std::span(words.begin(), words.size()), sentence, when);
    }
};

} // namespace fedasio::text
