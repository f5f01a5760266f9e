#include <fedasio/data/csv.hpp>
#include <fedasio/data/csv_header.hpp>
#include <fedasio/data/error.hpp>
#include <fedasio/data/file_identity.hpp>
#include <fedasio/data/image.hpp>
#include <fedasio/data/image_folder.hpp>

#include "csv_table.hpp"
#include "csv_words.hpp"
#include "file_text.hpp"
#include "image_decoders.hpp"
#include "input_file.hpp"
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace fedasio::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_reasons = 100;

constexpr std::array<std::string_view, 4> endings{".png", ".jpg", ".jpeg", ".jpe"};
/// Images, too, which are refused rather than overlooked.
constexpr std::array<std::string_view, 9> other_endings{".bmp",  ".gif",  ".tif",  ".tiff", ".webp",
                                                        ".heic", ".heif", ".avif", ".jp2"};

bool is_hidden(const fs::path& path) {
    return path.filename().string().starts_with('.');
}

bool is_called_image(const fs::path& path) {
    const auto ending = lower_case(path.extension().string());
    return std::ranges::find(endings, ending) != endings.end() ||
           std::ranges::find(other_endings, ending) != other_endings.end();
}

[[noreturn]] void fail_to_list(const fs::path& folder, const std::error_code& why) {
    throw error::in_file(folder, "the folder cannot be read (" + why.message() + "); check its permissions");
}

void require_folder(const fs::path& folder) {
    std::error_code failure;
    if (!fs::is_directory(folder, failure)) {
        throw error::in_file(folder, fs::exists(folder, failure)
                                         ? "is no folder; give that with the images"
                                         : "there is no such folder; correct the path, or put it there (a "
                                           "relative path counts from the directory in which the program "
                                           "was started)");
    }
}

std::vector<fs::path> folders_in(const fs::path& folder) {
    std::error_code failure;
    std::vector<fs::path> found;
    for (auto entry = fs::directory_iterator(folder, failure); !failure && entry != fs::directory_iterator();
         entry.increment(failure)) {
        if (!is_hidden(entry->path()) && fs::is_directory(entry->path(), failure)) {
            found.push_back(entry->path());
        }
        failure.clear();
    }
    if (failure) {
        fail_to_list(folder, failure);
    }
    return found;
}

std::optional<std::int64_t> integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// As classes of a table are ordered.
std::vector<std::string> in_order(const std::set<std::string>& names) {
    std::vector<std::string> result(names.begin(), names.end());
    if (std::ranges::all_of(result, [](const std::string& name) { return integer(name).has_value(); })) {
        std::ranges::sort(result, {},
                          [](const std::string& name) { return std::pair(*integer(name), name); });
    }
    return result;
}

/// The classes, and the place of each.
struct class_places {
    std::vector<std::string> names;
    std::map<std::string, std::int32_t, std::less<>> places;
    bool are_given = false;
};

class_places class_places_of(const fs::path& where, const std::vector<std::string>& given,
                             const std::set<std::string>& found) {
    class_places result{given.empty() ? in_order(found) : given, {}, !given.empty()};
    if (result.names.empty()) {
        throw error::in_file(where,
                             "holds no folders; put the images of each class into a folder of its own, "
                             "or name a table of their classes");
    }
    if (result.names.size() > most_categories) {
        throw error::in_file(where, "has " + std::to_string(result.names.size()) + " classes, more than " +
                                        std::to_string(most_categories));
    }
    for (const auto& name : result.names) {
        result.places.emplace(name, static_cast<std::int32_t>(result.places.size()));
    }
    for (const auto& name : found) {
        if (!result.places.contains(name)) {
            throw error::in_file(where, "the class " + in_quotes(name) +
                                            " is not among `classes` of the plan's data.source: list it "
                                            "there, or take its images away");
        }
    }
    return result;
}

image_list list_by_folder(const fs::path& folder, const std::vector<std::string>& given) {
    std::set<std::string> found;
    for (const auto& one : folders_in(folder)) {
        auto name = one.filename().string();
        if (!is_utf8(name)) {
            throw error::in_file(folder, "the name of the folder " + in_quotes(name) + " is no UTF-8");
        }
        found.insert(std::move(name));
    }
    const auto classes = class_places_of(folder, given, found);
    image_list list{classes.names, {}};
    for (const auto& name : classes.names) {
        if (!found.contains(name)) {
            continue; // of an owner who has none of them
        }
        auto files = list_image_files(folder / name);
        if (files.empty() && !classes.are_given) {
            throw error::in_file(folder / name,
                                 "holds no PNG or JPEG files; take the folder away, or list the "
                                 "classes in data.source");
        }
        for (auto& file : files) {
            list.files.push_back({std::move(file), classes.places.find(name)->second});
        }
    }
    return list;
}

/// A name in a table must not lead out of the folder.
fs::path file_of(const fs::path& folder, const csv_table& row) {
    const fs::path name(row.field(0));
    const bool leads_out = name.is_absolute() || std::ranges::find(name, fs::path("..")) != name.end();
    if (name.empty() || leads_out) {
        throw row.fault(0, in_quotes(row.field(0)) + " is no name of a file below " + folder.string());
    }
    std::error_code none;
    if (fs::exists(folder / name, none)) {
        return folder / name;
    }
    for (const auto ending : endings) {
        auto with_ending = folder / name;
        with_ending += ending;
        if (fs::exists(with_ending, none)) {
            return with_ending;
        }
    }
    return folder / name;
}

image_list list_by_table(const fs::path& folder, const fs::path& labels,
                         const std::vector<std::string>& given) {
    csv_table table(labels, read_csv_header(labels).delimiter);
    if (table.names().size() < 2) {
        throw error::in_file(labels, "has one column; the first two must be a file's name and its class");
    }
    std::vector<std::pair<fs::path, std::string>> rows;
    std::set<std::string> found;
    while (table.next()) {
        std::string name(trimmed(table.field(1)));
        if (name.empty()) {
            throw table.fault(1, "the class is missing; write it, or take the row away");
        }
        if (!is_utf8(name)) {
            throw table.fault(1, "is no UTF-8; save the file as UTF-8");
        }
        found.insert(name);
        if (found.size() > most_categories) {
            throw table.fault(1, "has more than " + std::to_string(most_categories) + " classes");
        }
        rows.emplace_back(file_of(folder, table), std::move(name));
    }
    if (rows.empty()) {
        throw error::in_file(labels, "has a header, but no rows; add data");
    }
    const auto classes = class_places_of(labels, given, found);
    image_list list{classes.names, {}};
    for (auto& [file, name] : rows) {
        list.files.push_back({std::move(file), classes.places.find(name)->second});
    }
    return list;
}

} // namespace

std::vector<fs::path> list_image_files(const fs::path& folder) {
    require_folder(folder);
    std::error_code failure;
    std::vector<fs::path> found;
    auto entry = fs::recursive_directory_iterator(folder, failure);
    for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
        if (is_hidden(entry->path())) {
            entry.disable_recursion_pending();
        } else if (is_called_image(entry->path()) && !entry->is_directory(failure)) {
            found.push_back(entry->path());
        }
    }
    if (failure) {
        fail_to_list(folder, failure);
    }
    std::ranges::sort(found, {}, [](const fs::path& path) { return path.string(); });
    return found;
}

image_list list_images(const fs::path& folder, const fs::path& labels,
                       const std::vector<std::string>& classes) {
    require_folder(folder);
    auto list = labels.empty() ? list_by_folder(folder, classes) : list_by_table(folder, labels, classes);
    if (list.files.empty()) {
        throw error::in_file(folder, "holds no PNG or JPEG files of any class");
    }
    return list;
}

std::string identity_of(const image_list& list) {
    std::string text;
    for (const auto& file : list.files) {
        std::error_code failure;
        // One that is not there is as one that is damaged: whether that matters is said elsewhere.
        text += fs::is_regular_file(file.path, failure) ? file_identity(file.path) : file.path.string();
        text += "=" + std::to_string(file.label) + "\n";
    }
    return text;
}

std::vector<std::uint8_t> sample_of(image what, const image_shape& shape) {
    return fit_image(with_channels(std::move(what), shape.channels), shape.height, shape.width).pixels;
}

std::vector<std::uint8_t> read_sample(const fs::path& file, const image_shape& shape) {
    image_shares shares;
    return sample_of(read_image(file, shares), shape);
}

std::vector<read_file> read_samples(std::span<const image_file> files, const image_shape& shape,
                                    unsigned threads, bool ends_at_problem) {
    std::vector<read_file> results(files.size());
    std::atomic<std::size_t> next = 0;
    std::mutex failing;
    std::exception_ptr failure;
    const auto work = [&] {
        for (auto i = next++; i < files.size(); i = next++) {
            try {
                results[i].sample = read_sample(files[i].path, shape);
            } catch (const error& problem) {
                results[i].problem = problem.what();
            } catch (...) {
                const std::scoped_lock alone(failing);
                failure = std::current_exception();
            }
            // Those before it have begun, and are finished: the first problem is the same on any threads.
            if (results[i].sample.empty() && (ends_at_problem || results[i].problem.empty())) {
                next = files.size();
            }
        }
    };
    std::vector<std::jthread> helpers;
    try {
        while (helpers.size() + 1 < std::min<std::size_t>(threads, files.size())) {
            helpers.emplace_back(work);
        }
    } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch): those that there are do it
    }
    work();
    helpers.clear();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return results;
}

dataset read_images(const image_source& source, const image_list& list, unsigned threads) {
    return read_images(list, source.size, source.skip_damaged, threads);
}

image_list list_test_images(const image_source& source) {
    return list_images(source.test, source.test_labels, source.classes);
}

dataset read_images(const image_list& list, const image_shape& shape, bool skip_damaged, unsigned threads) {
    const auto each = std::uint64_t{shape.height} * shape.width * shape.channels;
    if (each == 0 || (shape.channels != 1 && shape.channels != 3)) {
        throw error("images become samples of [height, width, channels], of 1 channel (grey) or 3 (colour)");
    }
    if (list.files.size() > most_feature_bytes / each) {
        throw error("the images take more than 16 GiB as samples of this size; use a smaller model.input, or "
                    "fewer of them");
    }
    std::vector<std::uint8_t> pixels;
    pixels.reserve(list.files.size() * each);
    std::vector<std::int32_t> labels;
    std::uint64_t left_out = 0;
    std::vector<std::string> reasons;
    // So many at once that threads seldom wait for each other, and few enough to be held twice.
    const auto at_once = std::clamp<std::uint64_t>((std::uint64_t{16} << 20U) / each, 32, 512);
    for (auto files = std::span(list.files); !files.empty();) {
        const auto block = files.first(std::min<std::uint64_t>(files.size(), at_once));
        files = files.subspan(block.size());
        const auto results = read_samples(block, shape, threads, !skip_damaged);
        for (std::size_t i = 0; i < block.size(); ++i) {
            const auto& [sample, problem] = results[i];
            if (problem.empty()) {
                pixels.insert(pixels.end(), sample.begin(), sample.end());
                labels.push_back(block[i].label);
                continue;
            }
            if (!skip_damaged) {
                throw error(problem +
                            " (to leave such files out, write \"on_error\": \"skip\" in data.source)");
            }
            ++left_out;
            if (reasons.size() < most_reasons) {
                reasons.push_back(problem);
            }
        }
    }
    if (labels.empty()) {
        throw error("none of the " + std::to_string(list.files.size()) +
                    " images can be used; of the first: " + reasons.front());
    }
    if (left_out > reasons.size()) {
        reasons.push_back("and " + std::to_string(left_out - reasons.size()) + " more");
    }
    dataset samples({shape.height, shape.width, shape.channels}, std::move(pixels), std::move(labels),
                    list.classes);
    samples.set_left_out(left_out, std::move(reasons));
    return samples;
}

} // namespace fedasio::data
