#pragma once

#include <stdexcept>
#include <string>

namespace fedasio::federation {

/// A plan, or a part of one in a message, that cannot be used. `what()` is one line that names the file, the
/// place (line:column where the text is no JSON, else the path of the value, such as
/// `model.layers[2].units`), what is wrong and what to write instead.
class plan_error : public std::runtime_error {
public:
    explicit plan_error(const std::string& problem) : std::runtime_error(problem) {}
};

} // namespace fedasio::federation
