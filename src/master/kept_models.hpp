#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/net/buffer.hpp>
#include <fedasio/store/disk.hpp>
#include <fedasio/store/model_store.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::master {

/// A model that is to be kept.
struct kept_model {
    std::string_view name; ///< best or last
    std::uint32_t round = 0;
    net::payload weights;
    std::map<std::string, std::string> metadata; ///< what it has more than every saved model
};

/// Keeps the best model of a run and the last one in the state folder, as saved models named `best` and
/// `last`. A model of these names that is not of this plan, or that a person has saved, stays as it is: then
/// the first digits of the plan's digest follow the name.
class kept_models {
public:
    /// `state_dir` empty: nothing is kept.
    kept_models(std::filesystem::path state_dir, std::string metric, bool higher_is_better,
                std::string plan_digest)
        : state_dir_(std::move(state_dir)), metric_(std::move(metric)), higher_is_better_(higher_is_better),
          plan_digest_(std::move(plan_digest)) {}

    /// A finished round and its weights, which are remembered if no round before was better.
    void consider(const round_result& result, const net::payload& weights);
    /// Goes on from what an earlier process has kept of this run.
    void take_up(const std::string& run);

    /// The best one, if a better one than is written was found.
    [[nodiscard]] std::optional<kept_model> best() const;
    [[nodiscard]] static kept_model last(std::uint32_t round, const net::payload& weights);

    /// On the pool. Gives the path that it was written to. Throws std::exception.
    std::filesystem::path write(const kept_model& model, const std::string& run,
                                const std::map<std::string, std::string>& metadata,
                                const std::vector<store::tensor_shape>& layout, store::disk& on);
    /// On the runtime's thread, after write().
    void written(const kept_model& model, const std::filesystem::path& path);
    /// Which model is the best, and where; empty while none is written.
    [[nodiscard]] std::string summary() const;

    [[nodiscard]] bool is_active() const noexcept { return !state_dir_.empty(); }

private:
    [[nodiscard]] std::filesystem::path place_of(std::string_view name) const;

    struct candidate {
        std::uint32_t round = 0;
        double value = 0;
        net::payload weights;       ///< while it is not written
        std::filesystem::path path; ///< empty: it is not written yet
    };

    std::filesystem::path state_dir_;
    std::string metric_;
    bool higher_is_better_;
    std::string plan_digest_;
    std::optional<candidate> best_;
};

} // namespace fedasio::master
