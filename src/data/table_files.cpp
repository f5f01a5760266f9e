#include <fedasio/data/error.hpp>
#include <fedasio/data/table_files.hpp>

#include "csv_words.hpp"
#include <algorithm>
#include <map>
#include <string>
#include <system_error>

namespace fedasio::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 100'000;

/// The name without .gz.
std::string unpacked_name(const fs::path& file) {
    auto name = file.filename().string();
    if (lower_case(name).ends_with(".gz")) {
        name.resize(name.size() - 3);
    }
    return name;
}

bool is_called_table(const fs::path& file) {
    const auto name = lower_case(unpacked_name(file));
    return !name.starts_with('.') && (name.ends_with(".csv") || name.ends_with(".tsv"));
}

/// Rows that are there twice would count twice.
void require_no_copies(const std::vector<fs::path>& files) {
    std::map<std::string, std::string> seen;
    for (const auto& file : files) {
        const auto [other, is_new] = seen.emplace(unpacked_name(file), file.filename().string());
        if (!is_new) {
            throw error::in_file(file, "the folder holds " + other->second +
                                           " too, which seems to be the same table; remove one of them");
        }
    }
}

} // namespace

std::vector<fs::path> table_files(const fs::path& path) {
    std::error_code failure;
    if (!fs::is_directory(path, failure)) {
        return {path};
    }
    std::vector<fs::path> found;
    for (auto entry = fs::directory_iterator(path, failure); !failure && entry != fs::directory_iterator();
         entry.increment(failure)) {
        std::error_code unknown; // a link to nowhere is named when it is read
        if (is_called_table(entry->path()) && !fs::is_directory(entry->path(), unknown)) {
            found.push_back(entry->path());
        }
        if (found.size() > most_files) {
            throw error::in_file(path, "the folder holds more than " + std::to_string(most_files) +
                                           " tables; put them together in fewer files");
        }
    }
    if (failure) {
        throw error::in_file(path,
                             "the folder cannot be read (" + failure.message() + "); check its permissions");
    }
    if (found.empty()) {
        throw error::in_file(path,
                             "the folder holds no table (a file called .csv, .tsv, .csv.gz or .tsv.gz); "
                             "name the folder that has them, or the file");
    }
    std::ranges::sort(found);
    require_no_copies(found);
    return found;
}

} // namespace fedasio::data
