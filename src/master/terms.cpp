#include <fedasio/master/terms.hpp>

namespace fedasio::master {

terms terms_of(const plan::plan& plan) {
    return {plan.rounds, plan.target_accuracy, static_cast<double>(plan.deadline.count()) / 1000.0,
            plan.fraction};
}

terms terms_in_force(const terms& planned, const changed_terms& changed,
                     const std::optional<ordered_terms>& ordered) {
    auto result = planned;
    result.last_round = changed.rounds.value_or(planned.last_round);
    if (changed.target_changed) {
        result.target_accuracy = changed.target_accuracy;
    }
    result.deadline = changed.deadline.value_or(planned.deadline);
    result.fraction = changed.fraction.value_or(planned.fraction);
    if (ordered) {
        result.last_round = ordered->last_round;
        result.target_accuracy = ordered->target_accuracy;
    }
    return result;
}

} // namespace fedasio::master
