#pragma once

#include <fedasio/text/json_field.hpp>

#include <boost/json/fwd.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fedasio::text {

/// An object of a message: its keys by name, unknown ones ignored, so that later versions can add some; a key
/// whose value is null is as one that is not there. All throw field_error, which names `name`.KEY. It must
/// not outlive the object.
class json_reader {
public:
    json_reader(const boost::json::object& from, std::string name) : from_(from), name_(std::move(name)) {}

    [[nodiscard]] std::optional<json_field> find(std::string_view key) const;
    [[nodiscard]] json_field get(std::string_view key) const;
    [[nodiscard]] std::uint32_t number32(std::string_view key) const;
    [[nodiscard]] std::uint64_t number(std::string_view key,
                                       std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;
    [[nodiscard]] double real(std::string_view key, const interval& range) const;
    [[nodiscard]] std::string text(std::string_view key, std::size_t longest) const;
    [[nodiscard]] std::string text_or_empty(std::string_view key, std::size_t longest) const;

private:
    const boost::json::object& from_;
    std::string name_;
};

/// Throws field_error for anything else.
[[nodiscard]] const boost::json::object& as_object(const json_field& field);

[[nodiscard]] boost::json::array to_array(const std::vector<std::string>& texts);

/// What stands in a cell of a table: unlike other texts it may hold line ends and tabs, or nothing.
[[nodiscard]] std::string cell_text(const json_field& field, std::size_t longest);
/// At most so many of them; none if there is no field.
[[nodiscard]] std::vector<std::string> cell_texts(const std::optional<json_field>& field, std::size_t most,
                                                  std::size_t longest);

} // namespace fedasio::text
