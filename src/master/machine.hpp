#pragma once

#include <fedasio/master/commands.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/master/run.hpp>
#include <fedasio/master/training_goal.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/nursery.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/stream.hpp>

#include "master/admission.hpp"
#include "master/checkpoints.hpp"
#include "master/evaluator.hpp"
#include "master/initial_model.hpp"
#include "master/invariants.hpp"
#include "master/model_files.hpp"
#include "master/newcomers.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "master/steering.hpp"
#include "master/test_data.hpp"
#include "master/training.hpp"
#include "master/waiting.hpp"
#include <memory>
#include <optional>
#include <string>

namespace fedasio::master {

/// What is behind `run`: all parts of it, and what they do one after the other. Its functions are those of
/// `run`.
class machine {
public:
    machine(net::runtime& rt, boost::asio::any_io_executor pool, plan::plan plan, run_options options,
            event_source& events);

    net::awaitable<bool> serve();
    [[nodiscard]] std::string unsafe() const;
    [[nodiscard]] std::string untested() const;

    [[nodiscard]] std::string broken_invariant() const {
        return master::broken_invariant(setting_, state_, checkpoints_);
    }

    [[nodiscard]] std::optional<global_weights> weights() const;

    [[nodiscard]] const setting& given() const noexcept { return setting_; }

    [[nodiscard]] admission& doors() noexcept { return admission_; }

    [[nodiscard]] steering& wheel() noexcept { return steering_; }

    [[nodiscard]] model_files& models() noexcept { return models_; }

    [[nodiscard]] const test_data& tests() const noexcept { return tests_; }

private:
    void open(std::optional<initial_model> model);
    void open_other(plan::plan plan, std::optional<initial_model> model);
    void introduce_run();
    net::awaitable<bool> serve_orders();
    net::awaitable<void> restore();
    net::awaitable<bool> serve_training();
    net::awaitable<void> train(training_end& end);
    net::awaitable<bool> finish(training_end end);
    net::awaitable<bool> make_safe();
    void send_home(const std::string& why);

    setting setting_;
    run_state state_;
    newcomers newcomers_;
    waiting waiting_;
    test_data tests_;
    evaluator evaluator_;
    checkpoints checkpoints_;
    model_files models_;
    training training_;
    admission admission_;
    steering steering_;
    net::nursery running_; ///< the training
    net::event training_over_;
};

} // namespace fedasio::master
