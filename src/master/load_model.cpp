#include "master/load_model.hpp"

#include <fedasio/data/data_description.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/store/safetensors.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/object.hpp>

#include "master/answers_to_commands.hpp"
#include "master/initial_model.hpp"
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace fedasio::master {
namespace {

struct tables_model {
    data::csv_schema schema;
    initial_model model;
};

/// Of a plan whose inputs come from tables that nobody has seen yet: the file says how the tables were
/// encoded that it was trained on. On the pool.
tables_model read_tables_model(const std::filesystem::path& path, const std::string& name,
                               const plan::plan& plan, std::uint64_t memory_bytes) {
    const auto file = store::read_safetensors(path);
    const auto text = file.metadata.find("schema");
    if (text == file.metadata.end()) {
        throw std::runtime_error("the plan's model takes its inputs from tables, and '" + name +
                                 "' does not say how those were encoded that it was trained on: write "
                                 "model.input into the plan, or load it after a first training");
    }
    text::json_limits limits;
    limits.bytes = text->second.size();
    auto schema = plan::read_schema(text::parse_json(text->second, limits).as_object());
    auto model = make_model_of_tables(schema, plan, memory_bytes);
    net::buffer values(model.arrays.size() * sizeof(float));
    store::load_model(path, plan::layout_of(model.arrays), values.floats());
    model.state = make_model_state(*plan.strategy, net::payload(std::move(values)));
    return {std::move(schema), std::move(model)};
}

/// The same of a plan whose model is known. On the pool.
model_state read_model(const std::filesystem::path& path, const nn::model_arrays& arrays,
                       const method::strategy& strategy) {
    net::buffer values(arrays.size() * sizeof(float));
    store::load_model(path, plan::layout_of(arrays), values.floats());
    return make_model_state(strategy, net::payload(std::move(values)), {}, arrays.size() - arrays.shared());
}

void tell_loaded(const setting& given, const run_state& state, checkpoints& safe, const std::string& name) {
    if (auto untested = safe.untested()) {
        untested->test_problem = "another model was loaded before it was tested";
        safe.add(*untested);
        given.events.publish(round_finished{*std::move(untested)});
    }
    given.events.publish(model_loaded{name, state.model.round()});
    auto now = state.progress.asked.told(state.model.round() + 1, name);
    now.clients_per_round = state.clients_per_round(given.plan);
    safe.add(now);
    given.events.publish(std::move(now));
}

} // namespace

net::awaitable<command_answer> load_model(const setting& given, run_state& state, checkpoints& safe,
                                          std::string name) {
    if (state.progress.asked.is_busy()) {
        co_return refused("a training is going on: stop it first");
    }
    const auto run = safe.run();
    const auto has_begun = [&] { return state.progress.asked.is_busy() || run != safe.run(); };
    try {
        const auto path = store::model_path(given.options.state_dir, name);
        std::error_code unknown;
        if (std::filesystem::status(path, unknown).type() == std::filesystem::file_type::not_found) {
            co_return refused("there is no saved model named '" + name + "'");
        }
        if (state.model.is_there()) {
            auto job = [&, arrays = state.model.arrays(), strategy = given.plan.strategy] {
                return read_model(path, arrays, *strategy);
            };
            auto loaded = co_await given.offload(std::move(job));
            if (has_begun()) {
                co_return refused("a training has begun in the meantime: stop it first");
            }
            state.model.replace(std::move(loaded));
            tell_loaded(given, state, safe, name);
            co_return accepted("'" + name + "' is the global model now");
        }
        if (given.plan.model_from_trainer) {
            auto job = [&] { return read_arrays_model(path, given.plan); };
            auto loaded = co_await given.offload(std::move(job));
            if (has_begun() || state.model.is_there()) {
                co_return refused("a training has begun in the meantime: stop it first");
            }
            state.model.build(std::move(loaded));
            given.events.publish(model_built{state.model.arrays().size()});
            tell_loaded(given, state, safe, name);
            co_return accepted("'" + name + "' is the global model now; trainers get its arrays");
        }
        auto job = [&, plan = given.plan] {
            return read_tables_model(path, name, plan, given.options.memory_bytes);
        };
        auto loaded = co_await given.offload(std::move(job));
        if (has_begun() || state.model.is_there()) {
            co_return refused("a training has begun in the meantime: stop it first");
        }
        const auto* const source = std::get_if<data::csv_source>(&given.plan.source);
        if (source == nullptr || source->label != loaded.schema.label ||
            loaded.schema.regression != plan::is_regression(given.plan)) {
            co_return refused("'" + name + "' was trained for the label '" + loaded.schema.label +
                              "', which is not what this plan learns");
        }
        state.model.build(std::move(loaded.model));
        state.model.encode_tables_as(std::move(loaded.schema));
        given.events.publish(model_built{state.model.arrays().size()});
        given.events.publish(data_understood{data::describe(*state.model.schema(), {})});
        tell_loaded(given, state, safe, name);
        co_return accepted("'" + name +
                           "' is the global model now; tables are encoded as they were for it, "
                           "with its columns, categories and classes");
    } catch (const std::exception& e) {
        co_return refused(e.what());
    }
}

} // namespace fedasio::master
