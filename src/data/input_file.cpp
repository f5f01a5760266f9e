#include "input_file.hpp"

#include <fedasio/data/error.hpp>
#include <fedasio/text/input_file.hpp>

namespace fedasio::data {

std::uint64_t input_file_size(const std::filesystem::path& file) {
    std::error_code failure;
    const auto status = std::filesystem::status(file, failure);
    if (status.type() == std::filesystem::file_type::not_found) {
        throw error::in_file(file,
                             "there is no such file; correct the path in the plan, or put the file there (a "
                             "relative path counts from the directory in which the program was started)");
    }
    if (const auto problem = text::problem_of_file(file); !problem.empty()) {
        throw error::in_file(file, problem);
    }
    const std::uint64_t size = failure ? 0 : std::filesystem::file_size(file, failure);
    if (failure) {
        throw error::in_file(file, "cannot be read (" + failure.message() + "); check its permissions");
    }
    return size;
}

} // namespace fedasio::data
