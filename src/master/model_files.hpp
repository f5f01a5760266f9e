#pragma once

#include <fedasio/master/commands.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/plan/trained_model.hpp>

#include "master/checkpoints.hpp"
#include "master/global_model.hpp"
#include "master/kept_models.hpp"
#include "master/setting.hpp"
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace fedasio::master {

/// Writes the global model into files: saved models that people ask for, the best and the last of a run, and
/// the file that each training ends with. All on the pool, one file at a time.
class model_files {
public:
    model_files(const setting& given, const global_model& model, const checkpoints& safe);

    /// For the setting's plan, which is new.
    void begin_anew();

    /// Goes on from what an earlier process has kept of this run.
    void take_up(const std::string& run) { kept_.take_up(run); }

    /// Into any file, in the form of a saved model. Throws std::exception.
    net::awaitable<void> save_to(std::filesystem::path file);
    /// Under this name in the state folder.
    net::awaitable<command_answer> save(std::string name);
    /// The same as bytes; empty while there is no model.
    net::awaitable<std::optional<model_copy>> copy() const;

    /// With what is needed to use it. Throws std::runtime_error where the network is a trainer's own.
    [[nodiscard]] std::optional<plan::trained_model> usable() const;

    /// A finished round, whose weights are the model's: they may be the best.
    void consider(const round_result& result);

    /// What cannot be kept ends no training: it is told.
    net::awaitable<void> keep_best();
    net::awaitable<void> keep_last();
    /// Into the file that the training is to end with, if one was named.
    net::awaitable<void> save_last();

    /// save_last() could not do what it was asked for, the last time.
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

private:
    /// By which the best model is chosen, and what was found of it in the test of some weights.
    struct score {
        std::uint64_t version = 0; ///< of the weights
        std::map<std::string, std::string> metric;
    };

    [[nodiscard]] std::map<std::string, std::string> metadata() const;
    [[nodiscard]] std::map<std::string, std::string> metric() const;
    net::awaitable<std::filesystem::path> keep(const kept_model& model);

    const setting& setting_;
    const global_model& model_;
    const checkpoints& checkpoints_;
    kept_models kept_;
    score score_;
    std::mutex writing_;     ///< held on the pool by who writes one
    bool is_saving_ = false; ///< two must not write the same file at the same time
    bool has_failed_ = false;
};

} // namespace fedasio::master
