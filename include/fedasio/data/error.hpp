#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace fedasio::data {

/// Data that cannot be used as it is. The text names the file, the place in it and what to do; it is one
/// line, and fit to be shown to the user as it stands.
class error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;

    /// "FILE: text"
    static error in_file(const std::filesystem::path& file, const std::string& text);
    /// "FILE, line N: text"; lines count from 1.
    static error at_line(const std::filesystem::path& file, std::uint64_t line, const std::string& text);
    /// "FILE, byte N: text"; bytes count from 0, after decompression.
    static error at_byte(const std::filesystem::path& file, std::uint64_t byte, const std::string& text);
};

} // namespace fedasio::data
