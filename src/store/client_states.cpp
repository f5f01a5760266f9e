#include <fedasio/store/client_states.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/store/safetensors.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace fedasio::store {
namespace {

constexpr std::size_t run_digits = 16;
constexpr std::string_view extension = ".safetensors";
constexpr std::string_view partial_extension = ".safetensors.partial";

bool is_run(std::string_view text) {
    return text.size() == run_digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

struct state_name {
    std::string run;
    std::uint32_t client = 0;
    std::uint32_t round = 0;
};

std::string name_of(const std::string& run, std::uint32_t client, std::uint32_t round) {
    return run + "-" + std::to_string(client) + "-" + std::to_string(round);
}

/// Of a file's name without its extension.
std::optional<state_name> parse_name(std::string_view text) {
    state_name found;
    if (text.size() <= run_digits || text[run_digits] != '-' || !is_run(text.substr(0, run_digits))) {
        return std::nullopt;
    }
    found.run = text.substr(0, run_digits);
    const auto* const end = text.data() + text.size();
    const auto client = std::from_chars(text.data() + run_digits + 1, end, found.client);
    if (client.ec != std::errc() || client.ptr == end || *client.ptr != '-') {
        return std::nullopt;
    }
    const auto round = std::from_chars(client.ptr + 1, end, found.round);
    // One state has one name: digits that are not needed make another file of it.
    return round.ec == std::errc() && text == name_of(found.run, found.client, found.round)
               ? std::optional(std::move(found))
               : std::nullopt;
}

// The lengths keep one field from borrowing bytes of the next.
std::string fingerprint(const std::string& name, const client_arrays& state) {
    sha256 hash;
    hash.update(name);
    for (const auto& [key, values] : state) {
        hash.update("," + std::to_string(key.size()) + "," + std::to_string(values.size()) + "," + key);
        hash.update(std::span<const float>(values));
    }
    return hash.hex();
}

} // namespace

client_states::client_states(std::filesystem::path folder, disk& on)
    : folder_(std::move(folder)), disk_(&on) {}

client_states::found client_states::get(const std::string& run, std::uint32_t client, std::uint32_t round) {
    const std::lock_guard lock(busy_);
    use(run);
    auto& rounds = clients_[client];
    const auto place = rounds.find(round);
    if (place == rounds.end()) {
        std::string others;
        for (const auto& [other, state] : rounds) {
            others += (others.empty() ? " (but after " : ", ") + std::to_string(other);
        }
        return {std::nullopt, "there is no state of client " + std::to_string(client) + " after round " +
                                  std::to_string(round) + " here" +
                                  (others.empty() ? " (nor after any other)" : others + ")")};
    }
    place->second.counted = true;
    if (folder_.empty()) {
        return {place->second.arrays, {}};
    }
    try {
        return {read(client, round), {}};
    } catch (const model_file_error& damaged) {
        rounds.erase(place);
        std::string problem = damaged.what();
        const auto path = path_of(client, round);
        try {
            disk_->rename(path, path.string() + ".damaged");
            problem += "; set aside as " + path.string() + ".damaged";
        } catch (const std::system_error& failed) {
            problem += std::string("; it stays where it is: ") + failed.what();
        }
        return {std::nullopt, problem};
    } catch (const std::system_error& failed) {
        return {std::nullopt, failed.what()};
    }
}

void client_states::put(const std::string& run, std::uint32_t client, std::uint32_t round,
                        client_arrays state) {
    const std::lock_guard lock(busy_);
    use(run);
    if (!folder_.empty()) {
        write(client, round, state);
        state.clear();
    }
    clients_[client][round] = {false, std::move(state)};
}

void client_states::forget(const std::string& run, std::uint32_t client, std::uint32_t safe_round) {
    const std::lock_guard lock(busy_);
    use(run);
    const auto own = clients_.find(client);
    if (own == clients_.end()) {
        return;
    }
    auto& rounds = own->second;
    auto newest = rounds.upper_bound(safe_round);
    while (newest != rounds.begin() && !std::prev(newest)->second.counted) {
        --newest;
    }
    if (newest == rounds.begin()) {
        return;
    }
    --newest;
    for (auto it = rounds.begin(); it != newest; it = rounds.erase(it)) {
        if (!folder_.empty()) {
            remove(path_of(client, it->first));
        }
    }
}

/// The run whose states are known from now on.
void client_states::use(const std::string& run) {
    if (!is_run(run)) {
        throw std::invalid_argument("'" + run + "' is not the 16 hexadecimal digits of a run");
    }
    if (run != run_) {
        clients_ = folder_.empty() ? known_states() : list(run);
        run_ = run;
    }
}

/// The states of this run that are in the folder; of the files of other runs the oldest are removed.
client_states::known_states client_states::list(const std::string& run) {
    known_states found;
    std::map<std::string, std::filesystem::file_time_type> last_written;
    std::map<std::string, std::vector<std::filesystem::path>> others;
    for (const auto& path : entries_of(folder_, "the states of clients")) {
        const auto file = path.filename().string();
        const bool is_partial = file.ends_with(partial_extension);
        const auto ending = is_partial ? partial_extension : extension;
        const auto name = file.ends_with(ending)
                              ? parse_name(std::string_view(file).substr(0, file.size() - ending.size()))
                              : std::nullopt;
        if (!name) {
            continue;
        }
        if (is_partial) {
            remove(path); // a write that a crash interrupted
        } else if (name->run == run) {
            found[name->client][name->round] = {};
        } else {
            std::error_code gone;
            auto& last = last_written[name->run];
            last = std::max(last, std::filesystem::last_write_time(path, gone));
            others[name->run].push_back(path);
        }
    }
    while (last_written.size() >= most_runs) {
        const auto oldest =
            std::ranges::min_element(last_written, {}, [](const auto& one) { return one.second; });
        for (const auto& path : others[oldest->first]) {
            remove(path);
        }
        last_written.erase(oldest);
    }
    return found;
}

std::filesystem::path client_states::path_of(std::uint32_t client, std::uint32_t round) const {
    return folder_ / (name_of(run_, client, round) + std::string(extension));
}

client_arrays client_states::read(std::uint32_t client, std::uint32_t round) const {
    const auto path = path_of(client, round);
    auto content = read_safetensors(path);
    client_arrays state;
    for (auto& one : content.tensors) {
        state.emplace(std::move(one.name), std::move(one.values));
    }
    const auto digest = content.metadata.find("sha256");
    if (digest == content.metadata.end() ||
        digest->second != fingerprint(name_of(run_, client, round), state)) {
        throw model_file_error(path, "its content does not match its SHA-256; it is damaged");
    }
    return state;
}

void client_states::write(std::uint32_t client, std::uint32_t round, const client_arrays& state) const {
    std::vector<tensor_view> tensors;
    for (const auto& [name, values] : state) {
        tensors.push_back({name, {values.size()}, values});
    }
    write_safetensors(path_of(client, round), tensors,
                      {{"sha256", fingerprint(name_of(run_, client, round), state)}}, *disk_);
}

/// What cannot be removed takes room, and nobody asks for it.
void client_states::remove(const std::filesystem::path& path) const {
    try {
        disk_->remove(path);
    } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch)
    }
}

} // namespace fedasio::store
