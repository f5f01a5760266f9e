#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_keys.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "plan/descriptions.hpp"
#include "plan/foreign_words.hpp"
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

constexpr auto when_changed = text::written::when_changed;

/// A key with the path of a file, which is left out of the canonical form where there is none.
void path(text::keys& keys, std::string_view name, std::string& value, std::string_view sentence) {
    keys.text(name, value, limits::plan_path, sentence, when_changed);
}

void required_path(text::keys& keys, std::string_view name, std::string& value, std::string_view remedy,
                   std::string_view sentence) {
    keys.required(name, remedy);
    path(keys, name, value, sentence);
}

void describe(data::idx_source& source, text::keys& keys) {
    required_path(keys, "train_images", source.train_images, "write the path of the images' file",
                  "Path of the images.");
    required_path(keys, "train_labels", source.train_labels, "write the path of the labels' file",
                  "Path of their class numbers.");
    path(keys, "test_images", source.test_images, "Path; both test files or neither.");
    path(keys, "test_labels", source.test_labels, "Path; both test files or neither.");
    keys.check([&source]() -> std::optional<text::fault> {
        if (source.test_images.empty() == source.test_labels.empty()) {
            return std::nullopt;
        }
        return text::fault{"", "`test_images` and `test_labels` go together; write both or neither"};
    });
}

text::form delimiter_form(char& delimiter) {
    text::form result;
    result.read = [&delimiter](const text::json_field& from) {
        const auto* string = from.value().if_string();
        const char c = string != nullptr && string->size() == 1 ? string->front() : '\0';
        if (c != '\t' && (c < ' ' || c > '~' || c == '"')) {
            from.refuse(
                "one ASCII character that is no quote and no line end, such as \",\", \";\" or \"\\t\"");
        }
        delimiter = c;
    };
    result.write = [&delimiter] { return json::value(std::string_view(&delimiter, 1)); };
    result.outline = [&delimiter] {
        return json::object{{"type", "string"}, {"default", std::string_view(&delimiter, 1)}};
    };
    return result;
}

/// A list of words; empty ones are dropped, since an empty field is missing anyway.
text::form missing_form(std::vector<std::string>& words) {
    text::form result;
    result.read = [&words](const text::json_field& from) {
        words.clear();
        for (const auto& word : from.items(0, limits::missing_words)) {
            const bool is_empty = word.value().is_string() && word.value().get_string().empty();
            if (!is_empty) {
                words.push_back(word.text(limits::plan_column_name));
            }
        }
    };
    result.write = [&words] { return json::value(text::to_array(words)); };
    result.outline = [&words] {
        return json::object{{"type", "array"},
                            {"default", text::to_array(words)},
                            {"items", json::object{{"type", "string"}, {"text", "A word."}}}};
    };
    result.says_nothing = [&words] { return words == data::default_missing_words(); };
    return result;
}

void describe(data::csv_notation& notation, text::keys& keys) {
    keys.key("missing", missing_form(notation.missing),
             "Words that stand for a missing value, in place of the default ones; case and surrounding space "
             "do not "
             "count, and quotes make no difference. An empty field is missing anyway. A category that the "
             "plan fixes counts as a category, even if it is such a word.",
             when_changed);
    bool is_comma = notation.decimal == ',';
    keys.choice("decimal", is_comma, {".", ","}, "The decimal mark of numbers.", when_changed);
    notation.decimal = is_comma ? ',' : '.';
    constexpr std::array<std::string_view, 6> separators{"", ",", ".", "'", " ", "_"};
    const std::string_view now(&notation.thousands, notation.thousands == '\0' ? 0 : 1);
    auto place = static_cast<std::size_t>(std::ranges::find(separators, now) - separators.begin());
    keys.word("thousands", place, separators,
              "What stands between groups of three digits, 1,004.3; a space stands for no-break and narrow "
              "spaces too. Not the decimal mark. If it is the delimiter as well, such numbers must be in "
              "quotes.",
              when_changed);
    notation.thousands = place == 0 ? '\0' : separators.at(place).front();
    keys.check([&notation]() -> std::optional<text::fault> {
        if (notation.thousands != notation.decimal) {
            return std::nullopt;
        }
        return text::fault{"thousands",
                           "is the decimal mark as well; set `decimal` to the other one of \".\" and \",\""};
    });
}

text::kinds kinds_of(data::csv_column& what) {
    text::kinds result;
    result.tag = "type";
    result.all = {
        {"numeric", "A number."}, {"categorical", "One input for each value."}, {"ignored", "Not used."}};
    result.is_short = true;
    result.current = [&what] { return static_cast<std::size_t>(what.type); };
    result.become = [&what](std::size_t place) {
        what = {};
        what.type = static_cast<data::csv_column::kind>(place);
    };
    result.own = [&what](text::keys& keys) {
        if (what.type != data::csv_column::kind::categorical) {
            return;
        }
        keys.texts("categories", what.categories, 1, limits::plan_categories, limits::plan_column_name,
                   "The values, where they are to be fixed.", when_changed);
        keys.check([&what]() -> std::optional<text::fault> {
            const auto& names = what.categories;
            for (auto name = names.begin(); name != names.end(); ++name) {
                if (std::find(names.begin(), name, *name) != name) {
                    return text::fault{"categories[" + std::to_string(name - names.begin()) + "]",
                                       "the category \"" + *name + "\" is already in the list; remove one"};
                }
            }
            return std::nullopt;
        });
    };
    return result;
}

/// An object with a column's kind by its name.
text::form columns_form(std::map<std::string, data::csv_column>& columns) {
    text::form result;
    result.read = [&columns](const text::json_field& from) {
        columns.clear();
        const auto* object = from.value().if_object();
        if (object == nullptr || object->size() > limits::plan_columns) {
            from.refuse("an object of at most " + std::to_string(limits::plan_columns) +
                        " columns, such as {\"age\": \"numeric\"}");
        }
        for (const auto& member : *object) {
            const json::value key(member.key());
            const auto name =
                text::json_field(key, from.where() + ": the column's name").text(limits::plan_column_name);
            text::read_keys(text::json_field(member.value(), from.where(name), ".", from.help()),
                            kinds_of(columns[name]));
        }
    };
    result.write = [&columns] {
        json::object all;
        for (auto& [name, column] : columns) {
            all[name] = text::write_keys(kinds_of(column));
        }
        return json::value(std::move(all));
    };
    result.outline = [] {
        data::csv_column column;
        auto values = text::schema_of(kinds_of(column));
        values.erase("default");
        values["text"] = "How a column becomes inputs.";
        return json::object{{"type", "object"}, {"default", json::object()}, {"values", std::move(values)}};
    };
    return result;
}

void describe(data::csv_source& source, text::keys& keys) {
    path(keys, "train", source.train,
         "Path; required unless the partition is local, where the table is that of each worker's --data.");
    path(keys, "test", source.test, "Path of a table with the same columns.");
    keys.required("label", "write the name of the column to be learned");
    keys.text("label", source.label, limits::plan_column_name, "The column to be learned.");
    keys.key("delimiter", delimiter_form(source.delimiter), "One ASCII character, such as \";\".");
    keys.boolean(
        "standardize", source.standardize,
        "Shifts and scales numeric columns, a regression's label too, to mean 0 and variance 1, over "
        "the rows of all clients.");
    keys.key("columns", columns_form(source.columns),
             "A column's name and its kind, where it is not to be guessed; texts that do not look like "
             "categories must be declared.");
    describe(source.notation, keys);
    keys.choice("extra_columns", source.ignore_extra_columns, {"refuse", "ignore"},
                "Columns that not all tables have; ignore: only those that all have are used.", when_changed);
    keys.choice("unlabelled", source.skip_unlabelled, {"refuse", "skip"},
                "Rows whose label is missing; skip: they are left out, and counted.", when_changed);
    keys.choice("unseen", source.unseen_is_other, {"refuse", "other"},
                "Categories and classes that come up only after the tables were agreed on, in the test file "
                "or at a site that joins later; other: each categorical column has one more input, for all "
                "other categories, and rows of other classes are left out, and counted.",
                when_changed);
    keys.check([&source]() -> std::optional<text::fault> {
        const auto label = source.columns.find(source.label);
        if (label == source.columns.end() || label->second.type != data::csv_column::kind::ignored) {
            return std::nullopt;
        }
        return text::fault{"columns." + source.label,
                           "the label cannot be ignored; name another column as `label`"};
    });
}

/// [height, width] or [height, width, channels].
text::form size_form(data::image_shape& size) {
    text::form result;
    result.read = [&size](const text::json_field& from) {
        const auto dims = from.items(2, 3);
        size = {dims[0].whole32(1, limits::pixels), dims[1].whole32(1, limits::pixels),
                dims.size() == 3 ? dims[2].whole32(1, 3) : 1};
    };
    result.write = [&size] { return json::value(json::array{size.height, size.width, size.channels}); };
    result.outline = [] {
        return json::object{
            {"type", "array"},
            {"items", json::object{{"type", "integer"}, {"minimum", 1}, {"text", "A dimension."}}}};
    };
    result.says_nothing = [&size] { return size == data::image_shape{}; };
    return result;
}

void describe(data::image_source& source, text::keys& keys) {
    path(
        keys, "train", source.train,
        "Path of a folder with one in it for each class; required unless the partition is local, where it is "
        "that of each worker's --data.");
    path(keys, "train_labels", source.train_labels,
         "Path of a table whose first two columns are a file of the folder and its class, in place of a "
         "folder "
         "for each class.");
    path(keys, "test", source.test, "Path of such a folder.");
    path(keys, "test_labels", source.test_labels, "Path of such a table.");
    keys.texts("classes", source.classes, 1, limits::class_names, limits::class_name,
               "The classes in the order of the model's units, and no others; required with the partition "
               "local. Without it those found, by value if all are integers, else by bytes.",
               when_changed);
    keys.choice("on_error", source.skip_damaged, {"fail", "skip"},
                "Files that cannot be used, such as damaged ones; skip: they are named, left out, and "
                "counted.",
                when_changed);
    keys.key(
        "size", size_form(source.size),
        "Height, width and channels (1 grey, 3 colour) of a sample; default, and nothing else: the model's "
        "input.",
        when_changed);
    keys.check([&source]() -> std::optional<text::fault> {
        const auto& names = source.classes;
        for (auto name = names.begin(); name != names.end(); ++name) {
            if (std::find(names.begin(), name, *name) != name) {
                return text::fault{"classes[" + std::to_string(name - names.begin()) + "]",
                                   "the class \"" + *name + "\" is already in the list; remove one"};
            }
        }
        return std::nullopt;
    });
}

/// Its keys are for the trainer to know.
void describe(data::trainer_source& /*source*/, text::keys& /*keys*/) {}

const std::array<alternative<data::source_spec>, 4>& sources() {
    static const std::array<alternative<data::source_spec>, 4> all{
        {{"idx", "Images in the format of MNIST, plain or gzipped.", data::idx_source{}},
         {"csv", "Tables with a header line.", data::csv_source{}},
         {"images", "Folders of PNG and JPEG files, of any sizes.", data::image_source{}},
         {"trainer", "Read by a trainer of your own, to which all keys that stand here are passed on.",
          data::trainer_source{}}}};
    return all;
}

text::kinds kinds_of(data::source_spec& what) {
    return kinds_of_variant<data::source_spec>(
        what, sources(), [](auto& source, text::keys& keys) { describe(source, keys); });
}

bool is_for_trainer(const json::value& value) {
    const auto* object = value.if_object();
    const auto* type = object == nullptr ? nullptr : object->if_contains("type");
    return type != nullptr && *type == "trainer";
}

void read(const text::json_field& from, data::source_spec& what) {
    if (is_for_trainer(from.value())) {
        what = data::trainer_source{text::canonical_text(from.value())};
    } else {
        text::read_keys(from, kinds_of(what));
    }
}

} // namespace

text::form form_of(data::source_spec& what) {
    return {.read = [&what](const text::json_field& from) { read(from, what); },
            .write = [&what] { return json::value(to_json(what)); },
            .outline =
                [] {
                    data::source_spec fresh;
                    return text::schema_of(kinds_of(fresh));
                },
            .says_nothing = [] { return false; }};
}

json::object to_json(const data::source_spec& what) {
    if (const auto* own = std::get_if<data::trainer_source>(&what)) {
        return text::parse_json(own->text, {.bytes = own->text.size(), .depth = limits::plan_depth})
            .as_object();
    }
    auto copy = what;
    return text::write_keys(kinds_of(copy));
}

data::source_spec source_from_json(const json::value& value, std::string_view where) {
    data::source_spec result;
    read(text::json_field(value, std::string(where), ".", &plan_words), result);
    return result;
}

} // namespace fedasio::plan
