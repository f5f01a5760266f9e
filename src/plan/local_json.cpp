#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_keys.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "plan/descriptions.hpp"
#include "plan/foreign_words.hpp"

namespace fedasio::plan {

namespace json = boost::json;

namespace {

constexpr text::interval positive_rate{.low = 0, .high = 1e6, .low_open = true};
constexpr text::interval penalty{.low = 0, .high = 1e6};
constexpr text::interval share_below_one{.low = 0, .high = 1, .high_open = true};

void describe_kind(nn::schedule& what, text::keys& keys) {
    using kind = nn::schedule::kind;
    if (what.type == kind::step || what.type == kind::exponential) {
        keys.required("factor", "write what the learning rate is multiplied by, such as 0.5");
        keys.real("factor", what.factor, {.low = 0, .high = 1, .low_open = true},
                  "What the learning rate is multiplied by at each change.");
    }
    if (what.type == kind::step) {
        keys.required("every", "write how many rounds lie between two changes");
        keys.whole("every", what.every, 1, limits::rounds, "Rounds from one change to the next.");
    }
    if (what.type == kind::cosine) {
        keys.required("rounds", "write after how many rounds the minimum is reached");
        keys.whole("rounds", what.rounds, 1, limits::rounds, "Rounds until the minimum is reached.");
        keys.real("minimum", what.minimum, {.low = 0, .high = 1},
                  "The share of the learning rate that remains in the end.");
    }
}

void describe_kind(nn::optimizer_spec& what, text::keys& keys) {
    keys.real("learning_rate", what.learning_rate, positive_rate, "Length of a step.");
    if (what.type == nn::optimizer_spec::kind::sgd) {
        keys.real("momentum", what.momentum, share_below_one, "Share of the last step that is taken again.");
        return;
    }
    keys.real("beta1", what.beta1, share_below_one, "Decay of the mean gradient.");
    keys.real("beta2", what.beta2, share_below_one, "Decay of the mean squared gradient.");
    keys.real("epsilon", what.epsilon, positive_rate, "Keeps from dividing by 0.");
}

} // namespace

text::kinds kinds_of(nn::schedule& what) {
    text::kinds result;
    result.tag = "type";
    result.all = {{"constant", "It stays."},
                  {"step", "Times `factor` after each `every` rounds."},
                  {"exponential", "Times `factor` after each round."},
                  {"cosine", "Half a wave of a cosine down to `minimum` (Loshchilov and Hutter, 2017)."}};
    result.is_short = false;
    result.current = [&what] { return static_cast<std::size_t>(what.type); };
    result.become = [&what](std::size_t place) {
        what = {};
        what.type = static_cast<nn::schedule::kind>(place);
    };
    result.own = [&what](text::keys& keys) { describe_kind(what, keys); };
    return result;
}

text::kinds kinds_of(nn::optimizer_spec& what) {
    text::kinds result;
    result.tag = "type";
    result.all = {{"sgd", "Gradient descent."}, {"adam", "Adam."}};
    result.current = [&what] { return static_cast<std::size_t>(what.type); };
    result.become = [&what](std::size_t place) {
        what = {};
        what.type = static_cast<nn::optimizer_spec::kind>(place);
        if (what.type == nn::optimizer_spec::kind::adam) {
            what.learning_rate = 0.001F;
        }
    };
    result.own = [&what](text::keys& keys) { describe_kind(what, keys); };
    result.common = [&what](text::keys& keys) {
        keys.real("weight_decay", what.weight_decay, penalty, "L2, on kernels and biases.");
        keys.real("proximal", what.proximal, penalty, "Pulls a client towards the global model (FedProx).");
        keys.object("schedule", kinds_of(what.schedule), "How the learning rate changes from round to round.",
                    text::written::when_changed);
    };
    return result;
}

text::description keys_of(method::local_training& what) {
    return [&what](text::keys& keys) {
        keys.whole("epochs", what.epochs, 1, 1'000'000, "Passes over the client's samples in a round.");
        keys.whole("batch_size", what.batch_size, 1, 1U << 16U, "Samples in a step.");
        keys.object("optimizer", kinds_of(what.optimizer),
                    "How a step is taken; it starts anew in every round.");
        keys.boolean("flip", what.augmentation.flip,
                     "Turns every second image on average, left to right, each time that it is trained on.",
                     text::written::when_changed);
        keys.whole("crop", what.augmentation.crop, 0, limits::pixels - 1,
                   "Moves an image by up to so many pixels in both directions, each time that it is trained "
                   "on; what comes in is black.",
                   text::written::when_changed);
    };
}

json::object to_json(const nn::optimizer_spec& what) {
    auto copy = what;
    return text::write_keys(kinds_of(copy));
}

nn::optimizer_spec optimizer_from_json(const json::value& value, std::string_view where) {
    nn::optimizer_spec result;
    text::read_keys(text::json_field(value, std::string(where), ".", &plan_words), kinds_of(result));
    return result;
}

json::object to_json(const local_training& what) {
    auto copy = what;
    return text::write_keys(keys_of(copy));
}

local_training local_training_from_json(const json::value& value, std::string_view where) {
    local_training result;
    text::read_keys(text::json_field(value, std::string(where), ".", &plan_words), keys_of(result));
    return result;
}

} // namespace fedasio::plan
