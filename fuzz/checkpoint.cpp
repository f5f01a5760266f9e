#include <fedasio/store/checkpoint.hpp>
#include <fedasio/store/safetensors.hpp>

#include "memory_file.hpp"
#include "scratch_directory.hpp"
#include "target.hpp"
#include <algorithm>
#include <cstring>

// A checkpoint as it lies in the state directory. It is believed only whole; and what its fields hold, which
// a SHA-256 keeps out of a fuzzer's reach, must come back when it is saved as a checkpoint.

namespace {

namespace store = fedasio::store;
namespace fuzz = fedasio::fuzz;
using store::checkpoint;

const std::string digest(64, 'd');

bool same(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() &&
           (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

bool same(const std::map<std::string, std::vector<float>>& a,
          const std::map<std::string, std::vector<float>>& b) {
    return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
        return one.first == other.first && same(one.second, other.second);
    });
}

bool same(const checkpoint& a, const checkpoint& b) {
    return a.round == b.round && a.seed == b.seed && a.plan_digest == b.plan_digest &&
           same(a.weights, b.weights) && same(a.strategy_state, b.strategy_state) && a.history == b.history;
}

void check_saved(const checkpoint& state) {
    static const fedasio::test::scratch_directory dir;
    static_cast<void>(save_checkpoint(dir.path(), state, 1));
    const auto found = store::latest_checkpoint(dir.path(), digest);
    fuzz::require(found.latest && same(*found.latest, state), "a saved checkpoint is found as it was");
    fuzz::require(dir.entries() == 1, "one is kept");
}

/// Reads the file in a directory where it has the name of round 7; a damaged one is set aside there.
std::optional<checkpoint> found_as_round_7(const std::filesystem::path& file) {
    static const fedasio::test::scratch_directory dir;
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
        std::filesystem::remove(entry.path());
    }
    std::filesystem::create_symlink(file, dir / (digest.substr(0, 16) + "-0000000007.safetensors"));
    auto found = store::latest_checkpoint(dir.path(), digest);
    fuzz::require(found.latest || !found.warnings.empty(),
                  "a file that is passed over is named in a warning");
    fuzz::require(dir.entries() == 1, "nothing is deleted");
    return std::move(found.latest);
}

/// The fields that a file has, whether or not it is a valid checkpoint.
checkpoint fields_of(const store::model_file& model) {
    checkpoint state;
    state.plan_digest = digest;
    for (const auto& [key, value] : model.metadata) {
        state.history += key + value;
    }
    state.seed = state.history.size();
    for (const auto& one : model.tensors) {
        state.round += static_cast<std::uint32_t>(one.values.size());
        if (one.name == "weights") {
            state.weights = one.values;
        } else if (one.name != "strategy_state" || !one.values.empty()) {
            state.strategy_state[one.name] = one.values;
        }
    }
    return state;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::memory_file file;
    const auto& path = file.holding(fuzz::as_text(data, size));
    if (const auto found = found_as_round_7(path)) {
        check_saved(*found);
    }
    store::model_file model;
    try {
        model = store::read_safetensors(path);
    } catch (const store::model_file_error&) {
        return 0;
    }
    check_saved(fields_of(model));
    return 0;
}
