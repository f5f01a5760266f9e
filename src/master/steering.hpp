#pragma once

#include <fedasio/master/commands.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/checkpoints.hpp"
#include "master/initial_model.hpp"
#include "master/model_files.hpp"
#include "master/plan_folders.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "master/waiting.hpp"
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace fedasio::master {

/// What people ask of a run, and what follows at once. What is accepted is decided by `orders`.
class steering {
public:
    /// What only the owner of a run can do.
    struct actions {
        std::function<void()> end_training; ///< of the one that goes on, at once
        /// Runs this plan in place of the present one. The model: unless the tables must be known first.
        std::function<void(plan::plan, std::optional<initial_model>)> open;
    };

    steering(const setting& given, run_state& state, waiting& wait, model_files& models, checkpoints& safe,
             actions what);

    /// Gives, and publishes, the answer.
    net::awaitable<command_answer> execute(command what);

    /// Trains as the plan says, without being asked.
    void order_as_planned();

    /// Set when a training is to begin; whoever begins it resets it.
    [[nodiscard]] net::event& ordered() noexcept { return ordered_; }

    /// Nothing can be asked while the last checkpoint is read.
    void hold(bool is_held) noexcept { is_held_ = is_held; }

    /// The process ends: no more is begun, and what is being made ready is given up.
    void close();

private:
    net::awaitable<command_answer> carry_out(command what);
    command_answer order_training(const command& what);
    command_answer pause(bool begins);
    command_answer stop(bool now);
    command_answer evict(const command& what);
    command_answer change(const command& what);
    net::awaitable<command_answer> start(std::string text);

    const setting& setting_;
    run_state& state_;
    waiting& waiting_;
    model_files& models_;
    checkpoints& checkpoints_;
    actions actions_;
    plan_folders folders_;
    net::event ordered_;
    bool is_held_ = false;
    std::stop_source opening_{std::nostopstate}; ///< of another plan's model that is being made
};

} // namespace fedasio::master
