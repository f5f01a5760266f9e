#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_reader.hpp>

#include <boost/json/array.hpp>

namespace fedasio::text {

std::optional<json_field> json_reader::find(std::string_view key) const {
    const auto* found = from_.if_contains({key.data(), key.size()});
    if (found == nullptr || found->is_null()) {
        return std::nullopt;
    }
    return json_field(*found, name_ + "." + std::string(key));
}

json_field json_reader::get(std::string_view key) const {
    auto found = find(key);
    if (!found) {
        throw field_error(name_ + "." + std::string(key) + " is missing");
    }
    return std::move(*found);
}

std::uint32_t json_reader::number32(std::string_view key) const {
    return get(key).whole32(0, std::numeric_limits<std::uint32_t>::max());
}

std::uint64_t json_reader::number(std::string_view key, std::uint64_t most) const {
    return get(key).whole(0, most);
}

double json_reader::real(std::string_view key, const interval& range) const {
    return get(key).real(range);
}

std::string json_reader::text(std::string_view key, std::size_t longest) const {
    return get(key).text(longest);
}

std::string json_reader::text_or_empty(std::string_view key, std::size_t longest) const {
    const auto found = find(key);
    const bool empty = !found || (found->value().is_string() && found->value().get_string().empty());
    return empty ? std::string() : found->text(longest);
}

const boost::json::object& as_object(const json_field& field) {
    if (!field.value().is_object()) {
        field.refuse("an object");
    }
    return field.value().get_object();
}

boost::json::array to_array(const std::vector<std::string>& texts) {
    boost::json::array result;
    result.reserve(texts.size());
    for (const auto& text : texts) {
        result.emplace_back(text);
    }
    return result;
}

std::string cell_text(const json_field& field, std::size_t longest) {
    if (!field.value().is_string() || field.value().get_string().size() > longest) {
        field.refuse("a string of at most " + std::to_string(longest) + " bytes");
    }
    return std::string(field.value().get_string());
}

std::vector<std::string> cell_texts(const std::optional<json_field>& field, std::size_t most,
                                    std::size_t longest) {
    std::vector<std::string> result;
    if (field) {
        for (const auto& item : field->items(0, most)) {
            result.push_back(cell_text(item, longest));
        }
    }
    return result;
}

} // namespace fedasio::text
