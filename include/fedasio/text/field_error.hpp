#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace fedasio::text {

/// A plan, or a part of one in a message, that cannot be used. `what()` is one line that names the file, the
/// place (line:column where the text is no JSON, else the path of the value, such as
/// `model.layers[2].units`), what is wrong and what to write instead.
class field_error : public std::runtime_error {
public:
    explicit field_error(const std::string& problem) : std::runtime_error(problem), problem_(problem) {}

    /// `what()` is "where: problem".
    field_error(std::string where, const std::string& problem)
        : std::runtime_error(where + ": " + problem), where_(std::move(where)), problem_(problem) {}

    /// As above, where the mistake is at a more exact place: a key of the object `where`.
    field_error(const std::string& where, const std::string& problem, std::string place)
        : std::runtime_error(where + ": " + problem), where_(std::move(place)), problem_(problem) {}

    /// The value (or the unknown key) that is wrong, after the file's name and ": "; empty if it has no
    /// place.
    [[nodiscard]] const std::string& where() const noexcept { return where_; }

    /// What is wrong, without the place.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
    std::string where_;
    std::string problem_;
};

} // namespace fedasio::text
