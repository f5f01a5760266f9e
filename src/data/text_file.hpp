#pragma once

#include <zlib.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fedasio::data {

/// A text file, plain or gzipped, which is found out from its content.
class text_file {
public:
    /// Throws data::error, with what to do, for a file that cannot be read, and for one whose first bytes are
    /// those of another kind of file.
    explicit text_file(const std::filesystem::path& file);

    /// Reads on; 0 bytes at the end. Throws data::error.
    std::size_t read(std::span<char> out);

private:
    struct closer {
        void operator()(gzFile file) const noexcept { gzclose_r(file); }
    };

    std::size_t unpack(std::span<char> out);

    std::filesystem::path path_;
    std::unique_ptr<gzFile_s, closer> file_;
    std::string start_; ///< what was read to recognise the file
    std::size_t given_ = 0;
};

/// What a file is that begins with these bytes, and what to do with it, as in "is a PDF document: export
/// ..."; empty for text.
std::string other_kind(std::string_view start);

} // namespace fedasio::data
