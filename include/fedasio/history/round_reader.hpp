#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fedasio::history {

class database;

/// Reads single rounds of any runs, from a file that is opened once. Everything waits for the disk and throws
/// std::runtime_error that names the file. One thread at a time.
class round_reader {
public:
    explicit round_reader(const std::filesystem::path& file);
    ~round_reader();
    round_reader(const round_reader&) = delete;
    round_reader& operator=(const round_reader&) = delete;

    /// As in rounds_text(); empty if there is no such round, or no file.
    [[nodiscard]] std::optional<std::string> text(std::string_view run, std::uint32_t round);

private:
    std::unique_ptr<database> file_; ///< null while nothing has been recorded
};

} // namespace fedasio::history
