#include "inspect_model.hpp"

#include <fedasio/data/data_description.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "inspect_own_model.hpp"
#include "program/command_line.hpp"
#include "program/plan_file.hpp"
#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <ostream>
#include <string_view>

namespace fedasio::steering {
namespace {

namespace json = boost::json;

constexpr std::size_t most_listed = 200;
constexpr std::size_t longest_shown = 200;
constexpr auto written_digest = "weights_sha256";
constexpr text::json_limits most_history{.bytes = std::size_t{256} << 20U, .depth = 32};

std::string shown(const std::string& text) {
    return text::printable(text.substr(0, longest_shown)) + (text.size() > longest_shown ? "..." : "");
}

std::string shape_text(const std::vector<std::size_t>& dims) {
    return dims.empty() ? "a number" : fmt::format("{}", fmt::join(dims, " x "));
}

void print_list(std::ostream& out, const std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < std::min(lines.size(), most_listed); ++i) {
        out << "  " << lines[i] << '\n';
    }
    if (lines.size() > most_listed) {
        out << "  and " << lines.size() - most_listed << " more\n";
    }
}

void print_indented(std::ostream& out, std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out << "  " << text.substr(0, end) << '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void print_schema(std::ostream& out, const data::csv_schema& schema) {
    const auto description = data::describe(schema, {});
    out << "\nTable, by which rows become " << description.inputs << " inputs:\n";
    std::vector<std::string> lines;
    for (const auto& line : data::description_lines(description)) {
        lines.push_back(text::printable(line));
    }
    print_list(out, lines);
}

json::array layers_of(const nn::network& network) {
    const auto dims = [](const nn::shape& shape) {
        return json::array{shape.height, shape.width, shape.channels};
    };
    auto layers = plan::to_json(network.spec()).at("layers").as_array();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const auto& layer = network.layers()[i];
        auto& entry = layers[i].as_object();
        entry["input_shape"] = dims(layer.input);
        entry["output_shape"] = dims(layer.output);
        entry["parameters"] = layer.size;
    }
    return layers;
}

std::string digest_of(const std::vector<store::tensor>& tensors) {
    store::sha256 digest;
    for (const auto& tensor : tensors) {
        digest.update(tensor.values);
    }
    return digest.hex();
}

/// Once, unless the file says another.
std::string digest_text(const store::model_file& file) {
    const auto found = digest_of(file.tensors);
    const auto written = file.metadata.find(written_digest);
    return written == file.metadata.end() || written->second == found
               ? found
               : found + ", but the file says " + shown(written->second) +
                     ": its weights were changed after it was written";
}

/// What a checkpoint keeps of its run, which is the master's to read.
json::object history_of(const std::filesystem::path& file, const std::string& history) {
    try {
        return text::parse_json(history, most_history).as_object();
    } catch (const std::exception&) {
        throw store::model_file_error(file, "its `history` cannot be read; it is no checkpoint of a master");
    }
}

int inspect_checkpoint(std::ostream& out, const std::filesystem::path& file, bool wants_json) {
    const auto state = store::read_checkpoint(file);
    const auto history = history_of(file, state.history);
    const auto* const run = history.if_contains("run");
    const auto* const found = history.if_contains("schema");
    const auto* const encoding = found == nullptr ? nullptr : found->if_object();
    const auto digest = store::weights_sha256(state.weights);
    json::object kept;
    std::vector<std::string> lines;
    for (const auto& [name, values] : state.strategy_state) {
        kept[name] = values.size();
        lines.push_back(fmt::format("{}: {} values", text::printable(name), values.size()));
    }
    if (wants_json) {
        out << text::canonical_text(
                   json::object{{"kind", "checkpoint"},
                                {"file", file.string()},
                                {"round", state.round},
                                {"seed", state.seed},
                                {"plan_digest", state.plan_digest},
                                {"run", run == nullptr ? json::value(nullptr) : *run},
                                {"parameters", state.weights.size()},
                                {"weights_sha256", digest},
                                {"strategy_state", kept},
                                {"schema", found == nullptr ? json::value(nullptr) : *found}})
            << '\n';
        return program::done;
    }
    out << fmt::format("{}: a checkpoint, undamaged\n  round {}, seed {}\n  plan digest {}\n",
                       text::printable(file.string()), state.round, state.seed,
                       text::printable(state.plan_digest));
    if (run != nullptr && run->is_string()) {
        out << "  run " << text::printable(std::string_view(run->get_string())) << '\n';
    }
    out << fmt::format("  {} parameters, weights_sha256 {}\n", state.weights.size(), digest);
    out << (lines.empty() ? "\nThe strategy keeps nothing.\n" : "\nThe strategy keeps:\n");
    print_list(out, lines);
    if (encoding != nullptr) {
        print_schema(out, plan::read_schema(*encoding));
    }
    return program::done;
}

struct saved_model {
    std::filesystem::path path;
    store::model_file content;
    std::optional<plan::trained_model> known; ///< none of a file that does not say what network it is of
};

void print_json(std::ostream& out, const saved_model& model) {
    json::array tensors;
    std::size_t values = 0;
    for (const auto& tensor : model.content.tensors) {
        json::array dims(tensor.dims.begin(), tensor.dims.end());
        tensors.push_back(json::object{{"name", tensor.name}, {"dims", std::move(dims)}});
        values += tensor.values.size();
    }
    json::object metadata;
    for (const auto& [key, value] : model.content.metadata) {
        metadata[key] = value;
    }
    json::object said{{"kind", "model"},
                      {"file", model.path.string()},
                      {"parameters", values},
                      {"weights_sha256", digest_of(model.content.tensors)},
                      {"tensors", std::move(tensors)},
                      {"network", nullptr},
                      {"layers", nullptr},
                      {"schema", nullptr},
                      {"metadata", std::move(metadata)}};
    if (model.known) {
        said["network"] = plan::to_json(model.known->network.spec());
        said["layers"] = layers_of(model.known->network);
        if (model.known->schema) {
            said["schema"] = plan::to_json(*model.known->schema);
        }
    }
    out << text::canonical_text(said) << '\n';
}

void print(std::ostream& out, const saved_model& model) {
    std::vector<std::string> metadata;
    for (const auto& [key, value] : model.content.metadata) {
        if (key != "network" && key != "schema" && key != written_digest) {
            metadata.push_back(fmt::format("{}: {}", text::printable(key), shown(value)));
        }
    }
    std::vector<std::string> tensors;
    tensors.reserve(model.content.tensors.size());
    for (const auto& tensor : model.content.tensors) {
        tensors.push_back(fmt::format("{}: {}", text::printable(tensor.name), shape_text(tensor.dims)));
    }
    out << text::printable(model.path.string()) << ": a model\n";
    print_list(out, metadata);
    out << "  weights_sha256: " << digest_text(model.content) << "\n\n";
    if (model.known) {
        out << "Network:\n";
        print_indented(out, model.known->network.summary());
    } else {
        out << (model.content.metadata.contains("arrays")
                    ? "Model: that of a trainer of one's own\n"
                    : "The file does not say what network it is of; name its plan with --plan to see it.\n");
    }
    out << "\nArrays (float32):\n";
    print_list(out, tensors);
    if (model.known && model.known->schema) {
        print_schema(out, *model.known->schema);
    }
}

/// `input` {1, 1, 0} of a plan for tables: nobody knows how many inputs there will be.
std::string network_text(const plan::plan& plan) {
    if (plan.model.input.size() != 0) {
        return nn::network(plan.model).summary();
    }
    return text::canonical_text(plan::to_json(plan.model)) +
           "\nThe number of inputs is known once the tables' columns are.\n";
}

} // namespace

file_kind kind_of_file(const std::filesystem::path& file) {
    constexpr std::size_t length_bytes = 8;
    auto in = text::open_stored_file(file);
    std::array<char, 256> start{};
    in.read(start.data(), start.size());
    const std::string_view text(start.data(), static_cast<std::size_t>(in.gcount()));
    const auto extension = file.extension();
    if (extension == ".safetensors" || (text.size() > length_bytes && text[length_bytes] == '{' &&
                                        text[length_bytes - 1] == '\0' && text[length_bytes - 2] == '\0')) {
        return file_kind::saved;
    }
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool is_json =
        first != std::string_view::npos &&
        (text[first] == '{' || text.substr(first).starts_with("//") || text.substr(first).starts_with("/*"));
    return extension == ".json" || is_json ? file_kind::plan : file_kind::data;
}

int inspect_saved(std::ostream& out, const std::filesystem::path& file, const std::string& plan,
                  bool wants_json) {
    const auto metadata = store::read_safetensors_metadata(file);
    if (metadata.contains("history")) {
        return inspect_checkpoint(out, file, wants_json);
    }
    std::optional<plan::plan> of;
    if (!plan.empty()) {
        of = plan::read_plan(plan);
    }
    saved_model model{file, store::read_safetensors(file), std::nullopt};
    if (of || metadata.contains("network")) {
        model.known.emplace(plan::read_trained_model(file, of));
    } else {
        static_cast<void>(checked_arrays(file, model.content));
    }
    if (wants_json) {
        print_json(out, model);
    } else {
        print(out, model);
    }
    return program::done;
}

int inspect_plan(std::ostream& out, const std::filesystem::path& file, bool wants_json) {
    const auto plan = program::read_checked_plan(file);
    const auto digest = plan::plan_digest(plan);
    const auto content = plan::to_json(plan);
    if (wants_json) {
        json::object said{
            {"kind", "plan"}, {"file", file.string()}, {"plan_digest", digest}, {"plan", content}};
        if (plan.model.input.size() != 0) {
            const nn::network network(plan.model);
            said["layers"] = layers_of(network);
            said["parameters"] = network.parameter_count();
        } else if (plan::is_trainers_own(plan)) {
            add_own_model(said, plan);
        }
        out << text::canonical_text(said) << '\n';
        return program::done;
    }
    out << fmt::format("{}: a plan, '{}'\n  plan digest {}\n\n", text::printable(file.string()),
                       text::printable(plan.name), digest);
    if (plan::is_trainers_own(plan)) {
        print_own_model(out, plan);
    } else {
        out << "Network:\n";
        print_indented(out, network_text(plan));
    }
    out << "\nAll its keys, with defaults:\n";
    for (const auto& member : content) {
        if (member.key() != "model" && member.key() != "name") {
            out << fmt::format("  {}: {}\n", std::string_view(member.key()),
                               text::printable(text::canonical_text(member.value())));
        }
    }
    if (plan.model.input.size() != 0) {
        if (const auto note = plan::memory_note(plan, nn::network(plan.model).parameter_count());
            !note.empty()) {
            out << "\nNote: " << text::printable(note) << '\n';
        }
    }
    return program::done;
}

} // namespace fedasio::steering
