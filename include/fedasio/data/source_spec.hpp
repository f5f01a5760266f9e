#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace fedasio::data {

/// Images and labels in IDX files (the format of MNIST), plain or gzipped. Pixels are scaled to [0, 1].
struct idx_source {
    std::string train_images;
    std::string train_labels;
    std::string test_images; ///< empty: no test files; clients hold samples out instead
    std::string test_labels;
};

/// Words that stand for a value that is not there, unless a plan lists its own: what spreadsheets, R, SQL and
/// pandas write, and what people type. Case and surrounding space do not count.
const std::vector<std::string>& default_missing_words();

/// How the fields of a table are written.
struct csv_notation {
    char decimal = '.'; ///< or ','
    /// '\0': none; otherwise one of , . ' _ or a space, between groups of three digits. A space stands for
    /// narrow and no-break spaces too, an apostrophe for the typographic one.
    char thousands = '\0';
    std::vector<std::string> missing = default_missing_words(); ///< an empty field is missing besides

    friend bool operator==(const csv_notation&, const csv_notation&) = default;
};

/// How one CSV column is read. Left out of `csv_source::columns`, a column is numeric if every value of it is
/// a number, and categorical if its texts look like categories; otherwise it must be declared.
struct csv_column {
    enum class kind { numeric, categorical, ignored };

    kind type = kind::numeric;
    std::vector<std::string>
        categories; ///< categorical: fixed values; empty: those found in the data, sorted
};

/// A table with a header line. Numeric columns are standardised to mean 0 and variance 1 (over the training
/// data of all clients); categorical columns become one input a category; the label column becomes the class
/// or the value to learn.
struct csv_source {
    std::string train;
    std::string test; ///< empty: no test file; clients hold samples out instead
    std::string label;
    char delimiter = ',';
    bool standardize = true;
    std::map<std::string, csv_column> columns;
    csv_notation notation;
    bool ignore_extra_columns = false; ///< columns that not all tables have are ignored, else refused
    bool skip_unlabelled = false;      ///< rows without a label are left out, else refused
    /// A category that is not in the schema counts as one of its own, `other`, and a row whose class is not
    /// in it is left out; else both are refused.
    bool unseen_is_other = false;
};

/// What samples images become.
struct image_shape {
    std::uint32_t height = 0;
    std::uint32_t width = 0;
    std::uint32_t channels = 0; ///< 1 grey, 3 colour

    friend bool operator==(const image_shape&, const image_shape&) = default;
};

/// Images in PNG and JPEG files, of any sizes: a folder of them, with one in it for each class or a table of
/// their classes (image_folder.hpp).
struct image_source {
    std::string train;        ///< a folder
    std::string train_labels; ///< a table of files and classes; empty: the folders in it are the classes
    std::string test;         ///< empty: no test files; clients hold samples out instead
    std::string test_labels;
    std::vector<std::string> classes; ///< by class number; empty: those found
    bool skip_damaged = false;        ///< files that cannot be used are left out, else refused
    image_shape size;                 ///< of a sample: the model's input
};

/// Data that only a trainer of one's own knows how to read: its description is passed on to it.
struct trainer_source {
    std::string text = R"({"type":"trainer"})"; ///< the JSON object, in canonical form
};

using source_spec = std::variant<idx_source, csv_source, image_source, trainer_source>;

/// How training samples are dealt to clients.
/// `iid`: shuffled, then equal parts. `shards`: sorted by label, cut into clients * shards_per_client equal
/// shards, each client gets shards_per_client of them at random (McMahan et al., 2017). `dirichlet`: each
/// class is divided by a draw from Dirichlet(alpha) over the clients (Hsu et al., 2019). `local`: a worker's
/// own file is one client's data.
struct partition_spec {
    enum class scheme { iid, shards, dirichlet, local };

    scheme type = scheme::iid;
    std::uint32_t shards_per_client = 2;
    double alpha = 0.5;
    std::uint32_t samples_per_client = 0; ///< at most so many a client; 0: all of its part
};

} // namespace fedasio::data
