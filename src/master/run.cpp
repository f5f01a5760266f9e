#include <fedasio/master/run.hpp>

#include "master/machine.hpp"
#include <utility>

namespace fedasio::master {

run::run(net::runtime& rt, boost::asio::any_io_executor pool, plan::plan plan, run_options options,
         event_source& events)
    : machine_(std::make_unique<machine>(rt, std::move(pool), std::move(plan), std::move(options), events)) {}

run::~run() = default;

net::awaitable<bool> run::serve() {
    return machine_->serve();
}

std::string run::unsafe() const {
    return machine_->unsafe();
}

std::string run::untested() const {
    return machine_->untested();
}

net::awaitable<void> run::admit(std::unique_ptr<net::stream> wire) {
    return machine_->doors().admit(std::move(wire));
}

net::awaitable<command_answer> run::execute(command what) {
    return machine_->wheel().execute(std::move(what));
}

net::awaitable<void> run::save_to(std::filesystem::path file) {
    return machine_->models().save_to(std::move(file));
}

net::awaitable<std::optional<model_copy>> run::copy_model() {
    return machine_->models().copy();
}

std::optional<global_weights> run::weights() const {
    return machine_->weights();
}

std::optional<plan::trained_model> run::usable_model() const {
    return machine_->models().usable();
}

std::shared_ptr<const data::dataset> run::test_set() const noexcept {
    return machine_->tests().samples();
}

void run::turned_away(std::string what) {
    machine_->doors().turned_away(std::move(what));
}

std::string run::broken_invariant() const {
    return machine_->broken_invariant();
}

void run::notice(noticed::severity level, std::string text) {
    machine_->given().notice(level, std::move(text));
}

} // namespace fedasio::master
