#include <fedasio/nn/network.hpp>
#include <fedasio/simulation/sweep.hpp>
#include <fedasio/store/digest.hpp>
#include <fedasio/text/field_error.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <variant>

namespace fedasio::simulation {

namespace json = boost::json;

namespace {

std::string id_of(const sweep_run& run) {
    const auto& plan = run.plan;
    const json::value target =
        plan.target_accuracy ? json::value(*plan.target_accuracy) : json::value(nullptr);
    json::array paths;
    json::object decisive{
        {"plan", plan::plan_digest(plan)}, {"rounds", plan.rounds}, {"target_accuracy", target}};
    for (const auto& path : run.data) {
        const auto name = text::as_utf8(path.string());
        paths.emplace_back(name == path.string() ? name : name + ' ' + store::sha256_hex(path.string()));
    }
    decisive["data"] = std::move(paths);
    if (!run.trainer.empty()) {
        decisive["trainer"] = run.trainer;
    }
    if (!run.evaluator.empty()) {
        decisive["evaluator"] = run.evaluator;
    }
    return store::sha256_hex(text::canonical_text(decisive)).substr(0, 16);
}

/// Writes the objects that a plan left out, with no more than their kind, so that a value can be set in them.
void write_out_defaults(json::object& plan, const json::object& canonical) {
    for (const auto& [key, value] : canonical) {
        const auto* whole = value.if_object();
        if (whole == nullptr) {
            continue;
        }
        if (!plan.contains(key)) {
            json::object made;
            for (const auto* kind : {"type", "scheme"}) {
                if (const auto* name = whole->if_contains(kind)) {
                    made[kind] = *name;
                }
            }
            plan[key] = std::move(made);
        }
        if (auto* present = plan[key].if_object()) {
            write_out_defaults(*present, *whole);
        }
    }
}

/// A file that is not there would make a row that says failed of every run.
void check_files(const sweep_run& run, const std::string& file_name) {
    const auto check = [&](const char* key, const std::filesystem::path& path, bool replaced) {
        if (!path.empty() && !replaced && !std::filesystem::exists(path)) {
            throw text::field_error(
                file_name + ": data.source." + key + ": there is no " + path.string() +
                (path.is_relative() ? " in " + std::filesystem::current_path().string() : std::string()));
        }
    };
    const bool has_own = !run.data.empty(); // in place of the training files
    if (const auto* images = std::get_if<data::image_source>(&run.plan.source)) {
        check("train", images->train, has_own);
        check("train_labels", images->train_labels, has_own);
        check("test", images->test, false);
        check("test_labels", images->test_labels, false);
    } else if (const auto* idx = std::get_if<data::idx_source>(&run.plan.source)) {
        check("train_images", idx->train_images, has_own);
        check("train_labels", idx->train_labels, has_own);
        check("test_images", idx->test_images, false);
        check("test_labels", idx->test_labels, false);
    } else if (const auto* csv = std::get_if<data::csv_source>(&run.plan.source)) {
        check("train", csv->train, has_own);
        check("test", csv->test, false);
    }
}

} // namespace

std::string sweep_run::label() const {
    std::string text;
    for (const auto& [path, value] : grid) {
        text += path.substr(path.rfind('.') + 1) + "=" + text::canonical_text(value) + " ";
    }
    return text + "seed=" + std::to_string(plan.seed);
}

std::vector<sweep_run> plan_sweep(const sweep_request& what) {
    const auto file_name = what.plan.string();
    const bool has_evaluator = !what.evaluator.empty();
    auto base = plan::read_plan_json(what.plan);
    write_out_defaults(base.as_object(), plan::to_json(plan::plan_from_json(base, file_name, has_evaluator)));
    for (const auto& one : what.settings) {
        apply(one, base, file_name);
    }
    auto axes = what.axes;
    if (!what.seeds.empty()) {
        axes.push_back({"seed", {what.seeds.begin(), what.seeds.end()}});
    }
    std::vector<sweep_run> runs;
    for (auto& combination : combinations(axes)) {
        auto content = base;
        for (const auto& one : combination) {
            apply(one, content, file_name);
        }
        sweep_run run;
        run.plan = plan::plan_from_json(content, file_name, has_evaluator);
        plan::check_model(run.plan, file_name);
        run.data = what.data;
        run.trainer = what.trainer;
        run.evaluator = what.evaluator;
        check_files(run, file_name);
        run.id = id_of(run);
        std::erase_if(combination, [](const setting& one) { return one.path == "seed"; });
        for (const auto& one : what.settings) {
            const bool again = std::ranges::count(combination, one.path, &setting::path) != 0 ||
                               std::ranges::count(run.settings, one.path, &setting::path) != 0;
            if (one.path != "seed" && !again) {
                run.settings.push_back({one.path, value_at(content, one.path).value_or(one.value)});
            }
        }
        run.grid = std::move(combination);
        runs.push_back(std::move(run));
    }
    return runs;
}

} // namespace fedasio::simulation
