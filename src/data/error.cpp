#include <fedasio/data/error.hpp>

namespace fedasio::data {

error error::in_file(const std::filesystem::path& file, const std::string& text) {
    return error(file.string() + ": " + text);
}

error error::at_line(const std::filesystem::path& file, std::uint64_t line, const std::string& text) {
    return error(file.string() + ", line " + std::to_string(line) + ": " + text);
}

error error::at_byte(const std::filesystem::path& file, std::uint64_t byte, const std::string& text) {
    return error(file.string() + ", byte " + std::to_string(byte) + ": " + text);
}

} // namespace fedasio::data
