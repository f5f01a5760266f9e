#pragma once

#include <fedasio/plan/plan.hpp>

#include "house.hpp"
#include <chrono>
#include <filesystem>
#include <string>

// What whole trainings in this process have in common.
namespace scenes {

using namespace fedasio;
using master::command;
using kind = master::command::kind;

inline command order(kind what) {
    command result;
    result.what = what;
    return result;
}

template <class Change>
command order(kind what, Change change) {
    auto result = order(what);
    change(result);
    return result;
}

/// A table, and a plan that learns it in two rounds.
struct scene {
    test::scratch_directory folder;
    std::filesystem::path rows = folder.write("rows.csv", house::table(90));
    std::string plan = house::plan_text(rows);

    [[nodiscard]] master::run_options options() const {
        master::run_options result;
        result.autostart = true;
        result.state_dir = folder.path();
        result.patience = std::chrono::seconds(60);
        return result;
    }
};

inline net::awaitable<void> train_to_the_end(house::federation_of& told) {
    co_await told.until([&] { return !told.all<master::training_finished>().empty(); });
}

} // namespace scenes
