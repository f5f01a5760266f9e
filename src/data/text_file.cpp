#include "text_file.hpp"

#include <fedasio/data/error.hpp>

#include "csv_words.hpp"
#include "input_file.hpp"
#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace fedasio::data {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t sniffed = 4096;
constexpr unsigned unpack_buffer = 1U << 18U;

struct signature {
    std::string_view bytes;
    std::string_view told;
};

// UTF-32 before UTF-16, with whose mark it begins.
constexpr std::array<signature, 34> signatures{
    {{"\xff\xfe\0\0"sv, "is UTF-32 text: convert it by iconv -f UTF-32LE -t UTF-8"},
     {"\0\0\xfe\xff"sv, "is UTF-32 text: convert it by iconv -f UTF-32BE -t UTF-8"},
     {"\xff\xfe"sv, "is UTF-16 text: save it as \"CSV UTF-8\", or convert it by iconv -f UTF-16 -t UTF-8"},
     {"\xfe\xff"sv, "is UTF-16 text: save it as \"CSV UTF-8\", or convert it by iconv -f UTF-16 -t UTF-8"},
     {"\x1f\x8b"sv, "is gzipped twice: unpack it once by gunzip"},
     {"PAR1"sv,
      "is a Parquet file: export the table as CSV (in Python: pandas.read_parquet(FILE).to_csv(OTHER, "
      "index=False))"},
     {"ARROW1"sv, "is an Arrow (Feather) file: export the table as CSV (in Python: "
                  "pandas.read_feather(FILE).to_csv(OTHER, index=False))"},
     {"FEA1"sv,
      "is a Feather file: export the table as CSV (in Python: pandas.read_feather(FILE).to_csv(OTHER, "
      "index=False))"},
     {"ORC"sv, "is an ORC file: export the table as CSV"},
     {"Obj\x01"sv, "is an Avro file: export the table as CSV"},
     {"SQLite format 3\0"sv, "is an SQLite database: export one table as CSV (sqlite3 -header -csv FILE "
                             "\"select * from TABLE\")"},
     {"\xd0\xcf\x11\xe0"sv, "is an old Excel (or Office) file: save the sheet as \"CSV UTF-8\""},
     {"\x89HDF"sv, "is an HDF5 file: export the table as CSV"},
     {"\x93NUMPY"sv, "is a NumPy array: save it as CSV with a header line (numpy.savetxt with header=)"},
     {"$FL2"sv, "is an SPSS file: export the table as CSV"},
     {"$FL3"sv, "is an SPSS file: export the table as CSV"},
     {"<stata_dta>"sv, "is a Stata file: export the table as CSV"},
     {"RDX2\n"sv, "is an R data file: write the table by write.csv(TABLE, FILE, row.names = FALSE)"},
     {"RDX3\n"sv, "is an R data file: write the table by write.csv(TABLE, FILE, row.names = FALSE)"},
     {"X\n\0\0\0"sv, "is an R data file: write the table by write.csv(TABLE, FILE, row.names = FALSE)"},
     {"%PDF-"sv, "is a PDF document: export the table as CSV from the program that made it"},
     {"{\\rtf"sv, "is a document in rich text: save the table as CSV"},
     {"\x28\xb5\x2f\xfd"sv, "is packed by zstd: unpack it by zstd -d, or pack it by gzip"},
     {"BZh"sv, "is packed by bzip2: unpack it by bunzip2, or pack it by gzip"},
     {"\xfd"
      "7zXZ\0"sv,
      "is packed by xz: unpack it by unxz, or pack it by gzip"},
     {"\x04\x22\x4d\x18"sv, "is packed by lz4: unpack it by lz4 -d, or pack it by gzip"},
     {"7z\xbc\xaf\x27\x1c"sv, "is a 7z archive: unpack it, and name the CSV file in it"},
     {"Rar!"sv, "is a RAR archive: unpack it, and name the CSV file in it"},
     {"\x89PNG"sv, "is an image: give a CSV file"},
     {"\xff\xd8\xff"sv, "is an image: give a CSV file"},
     {"GIF8"sv, "is an image: give a CSV file"},
     {"\x7f"
      "ELF"sv,
      "is a program: give a CSV file"},
     {"\x80\x04\x95"sv, "is a Python pickle: write the table as CSV (pandas.read_pickle(FILE).to_csv(OTHER, "
                        "index=False))"},
     {"\0\0\x08"sv, "is an IDX file: for images write \"type\": \"idx\" in data.source"}}};

/// Letters and digits may begin a header as well, but then nothing but text follows.
bool begins(std::string_view start, std::string_view bytes) {
    const auto is_word = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\n';
    };
    const auto is_control = [](char c) {
        return c >= '\0' && c < ' ' && c != '\t' && c != '\n' && c != '\r';
    };
    return start.starts_with(bytes) &&
           (!std::ranges::all_of(bytes, is_word) || std::ranges::any_of(start, is_control));
}

std::string zip_kind(std::string_view start) {
    if (start.find("xl/") != std::string_view::npos ||
        start.find("[Content_Types]") != std::string_view::npos ||
        start.find("opendocument.spreadsheet") != std::string_view::npos) {
        return "is a spreadsheet (Excel or OpenDocument): save the sheet as \"CSV UTF-8\"";
    }
    return "is a zip archive (spreadsheets are such too): unpack it and name the CSV file in it, or save the "
           "sheet "
           "as \"CSV UTF-8\"";
}

/// A kind of text that is no table.
std::string text_kind(std::string_view start) {
    start.remove_prefix(start.starts_with("\xef\xbb\xbf") ? 3 : 0);
    start.remove_prefix(std::min(start.find_first_not_of(" \t\r\n"), start.size()));
    const std::string lower = lower_case(start.substr(0, 64));
    if (lower.starts_with("<!doctype html") || lower.starts_with("<html") || lower.starts_with("<head")) {
        return "is a web page, perhaps that of a login or an error: fetch the CSV file itself";
    }
    if (lower.starts_with("<?xml") || lower.starts_with("<!doctype")) {
        return "is an XML file: export the table as CSV";
    }
    const auto next = start.substr(std::min<std::size_t>(1, start.size())).find_first_not_of(" \t\r\n");
    const char second = next == std::string_view::npos ? '\0' : start[next + 1];
    if ((start.starts_with('{') && (second == '"' || second == '}')) ||
        (start.starts_with('[') && (second == '{' || second == '['))) {
        return "is a JSON file: write the table as CSV (in Python: pandas.read_json(FILE).to_csv(OTHER, "
               "index=False))";
    }
    if (start.starts_with("version https://git-lfs")) {
        return "is only a pointer of Git LFS: fetch the file itself by git lfs pull";
    }
    return {};
}

/// Text of two or four bytes a character without a mark: most of it is ASCII, whose other bytes are 0.
std::string wide_text(std::string_view start) {
    std::array<std::size_t, 4> zeros{};
    for (std::size_t i = 0; i < start.size(); ++i) {
        zeros[i % 4] += start[i] == '\0' ? 1 : 0;
    }
    const std::size_t quarter = start.size() / 4;
    const auto mostly = [&](std::size_t place) { return quarter != 0 && zeros[place] * 10 >= quarter * 8; };
    if (mostly(1) && mostly(2) && mostly(3)) {
        return "is UTF-32 text: convert it by iconv -f UTF-32LE -t UTF-8";
    }
    if (mostly(0) && mostly(1) && mostly(2)) {
        return "is UTF-32 text: convert it by iconv -f UTF-32BE -t UTF-8";
    }
    if (mostly(1) && mostly(3)) {
        return "is UTF-16 text: save it as \"CSV UTF-8\", or convert it by iconv -f UTF-16LE -t UTF-8";
    }
    if (mostly(0) && mostly(2)) {
        return "is UTF-16 text: save it as \"CSV UTF-8\", or convert it by iconv -f UTF-16BE -t UTF-8";
    }
    return {};
}

} // namespace

std::string other_kind(std::string_view start) {
    for (const auto& [bytes, told] : signatures) {
        if (begins(start, bytes)) {
            return std::string(told);
        }
    }
    if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) {
        return zip_kind(start);
    }
    constexpr std::size_t tar_magic = 257;
    if (start.size() > tar_magic && start.substr(tar_magic).starts_with("ustar")) {
        return "is a tar archive: unpack it, and name the CSV file in it";
    }
    if (auto wide = wide_text(start); !wide.empty()) {
        return wide;
    }
    if (start.find('\0') != std::string_view::npos) {
        return "is no text file (it holds zero bytes): give a CSV file, or export the table as one";
    }
    return text_kind(start);
}

text_file::text_file(const std::filesystem::path& file) : path_(file) {
    input_file_size(file);
    errno = 0;
    file_.reset(gzopen(file.c_str(), "rbe"));
    if (!file_) {
        throw error::in_file(file, "cannot be opened (" +
                                       std::error_code(errno, std::generic_category()).message() +
                                       "); check its permissions");
    }
    gzbuffer(file_.get(), unpack_buffer);
    start_.resize(sniffed);
    std::size_t size = 0;
    for (std::size_t got = 1; got != 0 && size < start_.size(); size += got) {
        got = unpack(std::span(start_).subspan(size));
    }
    start_.resize(size);
    if (const std::string kind = other_kind(start_); !kind.empty()) {
        throw error::in_file(file, kind);
    }
}

std::size_t text_file::read(std::span<char> out) {
    if (given_ < start_.size()) {
        const std::size_t size = std::min(out.size(), start_.size() - given_);
        std::copy_n(start_.begin() + static_cast<std::ptrdiff_t>(given_), size, out.begin());
        given_ += size;
        return size;
    }
    return unpack(out);
}

std::size_t text_file::unpack(std::span<char> out) {
    const int got = gzread(file_.get(), out.data(), static_cast<unsigned>(out.size()));
    int code = Z_OK;
    const std::string reason = gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR) {
        throw error::in_file(path_, "the gzipped file is cut short; fetch it again");
    }
    if (got < 0 || code != Z_OK) {
        throw error::in_file(path_,
                             "cannot be read on (" + reason + "); check the disk, or fetch the file again");
    }
    return static_cast<std::size_t>(got);
}

} // namespace fedasio::data
