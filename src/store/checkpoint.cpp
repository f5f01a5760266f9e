#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/rare_branch.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <system_error>

namespace fedasio::store {

namespace {

constexpr std::size_t digest_digits = 16;
constexpr std::size_t round_digits = 10;
constexpr std::string_view extension = ".safetensors";
constexpr std::string_view partial_extension = ".partial";
constexpr std::string_view damaged_extension = ".damaged";
constexpr std::string_view journal_extension = ".rounds";
constexpr std::size_t longest_run = 64;
// What a strategy keeps has names since there is more than one kind of it.
constexpr std::string_view nameless = "strategy_state";
constexpr std::string_view named = "strategy.";

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

std::string file_prefix(std::string_view plan_digest) {
    return std::string(plan_digest.substr(0, digest_digits)) + "-";
}

std::string file_name(std::string_view plan_digest, std::uint32_t round) {
    const std::string digits = std::to_string(round);
    return file_prefix(plan_digest) + std::string(round_digits - digits.size(), '0') + digits +
           std::string(extension);
}

struct checkpoint_file {
    std::uint32_t round;
    std::filesystem::path path;
};

struct directory_content {
    std::vector<checkpoint_file> files; ///< of the plan, latest first
    std::vector<std::filesystem::path> partial;
    std::vector<std::filesystem::path> others; ///< checkpoints of other plans
};

directory_content list(const std::filesystem::path& dir, std::string_view plan_digest) {
    const std::string prefix = file_prefix(plan_digest);
    directory_content content;
    for (const auto& path : entries_of(dir, "checkpoints")) {
        std::string name = path.filename().string();
        if (name.ends_with(partial_extension) && name.starts_with(prefix)) {
            content.partial.push_back(path);
            continue;
        }
        if (!name.ends_with(extension)) {
            continue;
        }
        name.resize(name.size() - extension.size());
        if (name.size() != digest_digits + 1 + round_digits || name[digest_digits] != '-') {
            continue;
        }
        const auto round = parse_number<std::uint32_t>(std::string_view(name).substr(digest_digits + 1));
        if (!round) {
            continue;
        }
        if (name.starts_with(prefix)) {
            content.files.push_back({*round, path});
        } else {
            content.others.push_back(path);
        }
    }
    std::ranges::sort(content.files, std::ranges::greater(), &checkpoint_file::round);
    return content;
}

/// Where a damaged file was moved to, for the warning.
std::string set_aside(const std::filesystem::path& file, disk& on) {
    std::filesystem::path aside = file;
    aside += damaged_extension;
    try {
        on.rename(file, aside);
    } catch (const std::system_error& failed) {
        return std::string("it stays where it is: ") + failed.what();
    }
    return "set aside as " + aside.string();
}

// The lengths keep one field from borrowing bytes of the next.
std::string fingerprint(const checkpoint& state) {
    sha256 hash;
    const auto found = state.strategy_state.find(std::string(nameless));
    const auto old = found == state.strategy_state.end() ? std::span<const float>() : found->second;
    const std::string head = std::to_string(state.round) + "," + std::to_string(state.seed) + "," +
                             std::to_string(state.plan_digest.size()) + "," +
                             std::to_string(state.weights.size()) + "," + std::to_string(old.size()) + ",";
    hash.update(head).update(state.plan_digest).update(state.weights).update(old);
    for (const auto& [name, values] : state.strategy_state) {
        if (name != nameless) {
            hash.update(std::to_string(name.size()) + "," + name + std::to_string(values.size()) + ",");
            hash.update(values);
        }
    }
    hash.update(state.history);
    return hash.hex();
}

/// About work on other plans that was done after `latest`; empty if there is none.
std::string newer_than(const std::filesystem::path& latest, const directory_content& content) {
    std::error_code failure;
    const auto ours = std::filesystem::last_write_time(latest, failure);
    std::filesystem::path newest;
    auto when = ours;
    for (const auto& other : content.others) {
        const auto written = std::filesystem::last_write_time(other, failure);
        if (!failure && written > when) {
            newest = other;
            when = written;
        }
    }
    if (newest.empty()) {
        return {};
    }
    return newest.string() +
           " is newer than the checkpoint of this plan, and of another plan: what a command started goes on "
           "only with a file of its own plan";
}

checkpoint read_named_checkpoint(const checkpoint_file& file, std::string_view plan_digest) {
    auto state = read_checkpoint(file.path);
    if (state.plan_digest != plan_digest || state.round != file.round) {
        throw model_file_error(file.path, "it is of another plan or round than its name says");
    }
    return state;
}

} // namespace

checkpoint read_checkpoint(const std::filesystem::path& file) {
    model_file content = read_safetensors(file);
    const auto metadata = [&](const std::string& key) {
        const auto found = content.metadata.find(key);
        if (found == content.metadata.end()) {
            throw model_file_error(file, "its metadata lacks `" + key + "`; it is no checkpoint");
        }
        return found->second;
    };
    const auto number = [&]<class Number>(const std::string& key, Number) {
        const auto value = parse_number<Number>(metadata(key));
        if (!value) {
            throw model_file_error(file, "its metadata `" + key + "` is no number");
        }
        return *value;
    };
    const auto values = [&](std::string_view name) {
        const auto found = std::ranges::find(content.tensors, name, &tensor::name);
        if (found == content.tensors.end()) {
            throw model_file_error(file, "it has no tensor `" + std::string(name) + "`; it is no checkpoint");
        }
        return std::move(found->values);
    };
    checkpoint state;
    state.round = number("round", state.round);
    state.seed = number("seed", state.seed);
    state.plan_digest = metadata("plan_digest");
    state.history = metadata("history");
    state.weights = values("weights");
    if (auto old = values(nameless); !old.empty()) {
        state.strategy_state.emplace(nameless, std::move(old));
    }
    for (auto& one : content.tensors) {
        if (one.name.starts_with(named)) {
            state.strategy_state[one.name.substr(named.size())] = std::move(one.values);
        }
    }
    if (fingerprint(state) != metadata("sha256")) {
        throw model_file_error(file, "its content does not match its SHA-256; it is damaged");
    }
    const auto is_finite = [](float value) { return std::isfinite(value); };
    if (!std::ranges::all_of(state.weights, is_finite) ||
        !std::ranges::all_of(state.strategy_state,
                             [&](const auto& one) { return std::ranges::all_of(one.second, is_finite); })) {
        throw model_file_error(file, "it holds weights that are not finite");
    }
    return state;
}

std::filesystem::path save_checkpoint(const std::filesystem::path& dir, const checkpoint& state,
                                      std::size_t keep, disk& on) {
    if (state.plan_digest.size() < digest_digits) {
        throw std::invalid_argument("save_checkpoint: the plan's digest is too short");
    }
    const std::filesystem::path path = dir / file_name(state.plan_digest, state.round);
    std::vector<tensor_view> tensors{{"weights", {state.weights.size()}, state.weights}};
    const auto old = state.strategy_state.find(std::string(nameless));
    const auto old_values = old == state.strategy_state.end() ? std::span<const float>() : old->second;
    tensors.push_back({std::string(nameless), {old_values.size()}, old_values});
    for (const auto& [name, values] : state.strategy_state) {
        if (name != nameless) {
            tensors.push_back({std::string(named) + name, {values.size()}, values});
        }
    }
    write_safetensors(path, tensors,
                      {{"round", std::to_string(state.round)},
                       {"seed", std::to_string(state.seed)},
                       {"plan_digest", state.plan_digest},
                       {"history", state.history},
                       {"sha256", fingerprint(state)}},
                      on);
    const directory_content content = list(dir, state.plan_digest);
    std::vector<std::filesystem::path> unneeded = content.partial;
    std::size_t kept = 0;
    for (const checkpoint_file& file : content.files) {
        if (file.round > state.round || ++kept > std::max<std::size_t>(keep, 1)) {
            unneeded.push_back(file.path);
        }
    }
    for (const auto& file : unneeded) {
        try {
            on.remove(file);
        } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch): it is in nobody's way
        }
    }
    return path;
}

std::filesystem::path journal_path(const std::filesystem::path& dir, std::string_view plan_digest,
                                   std::string_view run) {
    const auto is_plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    if (run.empty() || run.size() > longest_run || !std::ranges::all_of(run, is_plain)) {
        throw std::invalid_argument("it is of no run");
    }
    return dir / (file_prefix(plan_digest) + std::string(run) + std::string(journal_extension));
}

void remove_other_journals(const std::filesystem::path& dir, std::string_view plan_digest,
                           std::string_view run, disk& on) {
    const auto own = journal_path(dir, plan_digest, run);
    const auto prefix = file_prefix(plan_digest);
    std::vector<std::filesystem::path> found;
    try {
        found = entries_of(dir, "journals");
    } catch (const std::system_error&) { // what is left is in nobody's way
        return;
    }
    for (const auto& file : found) {
        const auto name = file.filename().string();
        if (!name.starts_with(prefix) || !name.ends_with(journal_extension) || file == own) {
            continue;
        }
        try {
            on.remove(file);
        } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch): nor is this one
        }
    }
}

std::optional<std::uint32_t> newest_round(const std::filesystem::path& dir, std::string_view plan_digest) {
    const auto files = list(dir, plan_digest).files;
    return files.empty() ? std::nullopt : std::optional(files.front().round);
}

checkpoint_search latest_checkpoint(const std::filesystem::path& dir, std::string_view plan_digest,
                                    disk& on) {
    checkpoint_search result;
    const directory_content content = list(dir, plan_digest);
    for (const checkpoint_file& file : content.files) {
        try {
            result.latest = read_named_checkpoint(file, plan_digest);
            if (!result.warnings.empty()) {
                text::passes(text::rare_branch::checkpoint_passed_over);
            }
            if (auto warning = newer_than(file.path, content); !warning.empty()) {
                result.warnings.push_back(std::move(warning));
            }
            return result;
        } catch (const model_file_error& error) {
            result.warnings.push_back("checkpoint passed over: " + std::string(error.what()) + "; " +
                                      set_aside(file.path, on));
        } catch (const std::exception& error) {
            result.warnings.push_back("checkpoint passed over: " + std::string(error.what()));
        }
    }
    if (!content.others.empty()) {
        result.warnings.push_back(
            dir.string() + " holds " + std::to_string(content.others.size()) +
            " checkpoints of other plans; none is for this one (anything but name, rounds, "
            "target_accuracy, deadline and checkpoint_every makes it another plan)");
    }
    return result;
}

} // namespace fedasio::store
