#include "plan/foreign_words.hpp"

#include <fedasio/plan/plan_check.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/text/nearest.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace fedasio::plan {

namespace json = boost::json;

namespace {

using synonym = std::pair<std::string_view, std::string_view>;

// In lower case without `_` and `-`, as plain() makes it; on the right keys of the plan, whatever their
// place.
constexpr std::array<synonym, 88> keys_elsewhere{{
    {"lr", "learning_rate"},
    {"eta", "learning_rate"},
    {"stepsize", "learning_rate"},
    {"clientlr", "learning_rate"},
    {"serverlr", "server_learning_rate"},
    {"mu", "proximal"},
    {"fedprox", "proximal"},
    {"prox", "proximal"},
    {"proxmu", "proximal"},
    {"proximalmu", "proximal"},
    {"l2", "weight_decay"},
    {"l2regularization", "weight_decay"},
    {"decay", "weight_decay"},
    {"betas", "beta1"},
    {"eps", "epsilon"},
    {"opt", "optimizer"},
    {"optimiser", "optimizer"},
    {"epoch", "epochs"},
    {"numepochs", "epochs"},
    {"nepochs", "epochs"},
    {"localepochs", "epochs"},
    {"localepoch", "epochs"},
    {"localsteps", "epochs"},
    {"epochsperround", "epochs"},
    {"horizontalflip", "flip"},
    {"randomhorizontalflip", "flip"},
    {"mirror", "flip"},
    {"randomcrop", "crop"},
    {"batch", "batch_size"},
    {"bs", "batch_size"},
    {"minibatch", "batch_size"},
    {"minibatchsize", "batch_size"},
    {"localbatchsize", "batch_size"},
    {"trainbatchsize", "batch_size"},
    {"numrounds", "rounds"},
    {"nrounds", "rounds"},
    {"nround", "rounds"},
    {"maxrounds", "rounds"},
    {"totalrounds", "rounds"},
    {"numserverrounds", "rounds"},
    {"commround", "rounds"},
    {"commrounds", "rounds"},
    {"communicationrounds", "rounds"},
    {"iterations", "rounds"},
    {"numclients", "clients"},
    {"nclients", "clients"},
    {"numusers", "clients"},
    {"numpartitions", "clients"},
    {"clientsperround", "fraction"},
    {"clientfraction", "fraction"},
    {"clientnumperround", "fraction"},
    {"fractionfit", "fraction"},
    {"fractiontrain", "fraction"},
    {"participation", "fraction"},
    {"participationrate", "fraction"},
    {"samplerate", "fraction"},
    {"minclients", "quorum"},
    {"minfitclients", "quorum"},
    {"minavailableclients", "quorum"},
    {"timeout", "deadline"},
    {"roundtimeout", "deadline"},
    {"aggregation", "strategy"},
    {"aggregator", "strategy"},
    {"algorithm", "strategy"},
    {"federatedoptimizer", "strategy"},
    {"randomseed", "seed"},
    {"randomstate", "seed"},
    {"target", "label"},
    {"targetcolumn", "label"},
    {"labelcolumn", "label"},
    {"dataset", "source"},
    {"sep", "delimiter"},
    {"separator", "delimiter"},
    {"normalize", "standardize"},
    {"standardise", "standardize"},
    {"features", "columns"},
    {"split", "partition"},
    {"partitionmethod", "scheme"},
    {"partitionalpha", "alpha"},
    {"testsize", "test_fraction"},
    {"testsplit", "test_fraction"},
    {"validationsplit", "test_fraction"},
    {"inputshape", "input"},
    {"neurons", "units"},
    {"outfeatures", "units"},
    {"hiddensize", "units"},
    {"outchannels", "filters"},
    {"criterion", "loss"},
}};

constexpr std::array<synonym, 25> choices_elsewhere{{
    {"crossentropyloss", "cross_entropy"},
    {"categoricalcrossentropy", "cross_entropy"},
    {"sparsecategoricalcrossentropy", "cross_entropy"},
    {"nll", "cross_entropy"},
    {"nllloss", "cross_entropy"},
    {"mse", "mean_squared_error"},
    {"mseloss", "mean_squared_error"},
    {"l2", "mean_squared_error"},
    {"adamw", "adam"},
    {"momentum", "sgd"},
    {"fc", "dense"},
    {"linear", "dense"},
    {"fullyconnected", "dense"},
    {"conv", "conv2d"},
    {"maxpool", "max_pool2d"},
    {"maxpooling2d", "max_pool2d"},
    {"logistic", "sigmoid"},
    {"none", "linear"},
    {"identity", "linear"},
    {"mnist", "idx"},
    {"table", "csv"},
    {"noniid", "dirichlet"},
    {"lda", "dirichlet"},
    {"kaiming", "he"},
    {"xavier", "glorot"},
}};

/// "batchSize", "batch-size" and "Batch_Size" are one word.
std::string plain(std::string_view word) {
    std::string text;
    for (const char c : word.substr(0, 64)) {
        if (c != '_' && c != '-') {
            text.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        }
    }
    return text;
}

std::string_view our_word(std::string_view foreign, std::span<const synonym> table) {
    const auto found = std::ranges::find(table, foreign, &synonym::first);
    return found == table.end() ? std::string_view() : found->second;
}

/// A key of the plan, and the object that it belongs to.
struct place {
    std::string key;
    std::string owner;   ///< such as `local.optimizer`; empty: the plan itself
    std::string variant; ///< such as "type "sgd"", if only that takes it
};

/// A key that several variants take is anybody's.
void add(std::vector<place>& into, place one) {
    const auto known = std::ranges::find_if(
        into, [&](const place& other) { return other.key == one.key && other.owner == one.owner; });
    if (known == into.end()) {
        into.push_back(std::move(one));
    } else {
        known->variant.clear();
    }
}

void collect(const json::object& node, const std::string& owner, std::vector<place>& into) {
    const auto take = [&](const json::object& keys, const std::string& variant) {
        for (const auto& [name, child] : keys) {
            const std::string key(name);
            add(into, {key, owner, variant});
            collect(child.as_object(), owner.empty() ? key : owner + "." + key, into);
        }
    };
    if (const auto* keys = node.if_contains("keys")) {
        take(keys->as_object(), {});
    }
    if (const auto* variants = node.if_contains("variants")) {
        for (const auto& [name, keys] : variants->as_object()) {
            const std::string tag(node.at("tag").as_string());
            take(keys.as_object(), tag + " \"" + std::string(name) + "\"");
        }
    }
    if (const auto* items = node.if_contains("items")) {
        collect(items->as_object(), owner + "[]", into);
    }
    if (const auto* values = node.if_contains("values")) {
        collect(values->as_object(), owner + ".NAME", into);
    }
}

const std::vector<place>& all_places() {
    static const auto places = [] {
        std::vector<place> found;
        collect(text::parse_json(plan_schema()).as_object(), {}, found);
        // Of keys with one name the one at the top is meant: `rounds` is that of the plan.
        const auto nested = [](const place& one) { return !one.owner.empty(); };
        std::vector<place> in_order;
        std::ranges::remove_copy_if(found, std::back_inserter(in_order), nested);
        std::ranges::copy_if(found, std::back_inserter(in_order), nested);
        return in_order;
    }();
    return places;
}

std::string with_place(const place& one) {
    return "; write `" + one.key + "` " +
           (one.owner.empty() ? "at the top of the plan" : "in `" + one.owner + "`") +
           (one.variant.empty() ? "" : " with the " + one.variant);
}

} // namespace

std::string remedy_for_key(std::string_view key, std::span<const std::string_view> here) {
    const auto did_you_mean = [](std::string_view meant) {
        return "; did you mean `" + std::string(meant) + "`?";
    };
    const auto word = plain(key);
    const auto ours = our_word(word, keys_elsewhere);
    for (const auto known : here) {
        if (plain(known) == word || known == ours) {
            return did_you_mean(known);
        }
    }
    const auto meant_here = text::nearest(key, here);
    for (const auto& one : all_places()) {
        if (plain(one.key) == word || one.key == ours) {
            // `metric` at the top may be that of `early_stopping`, or `metrics`.
            const bool may_be_here = !meant_here.empty() && text::edit_distance(key, meant_here) == 1;
            return (may_be_here ? did_you_mean(meant_here) + " Or" + with_place(one).substr(1)
                                : with_place(one));
        }
    }
    if (!meant_here.empty()) {
        return did_you_mean(meant_here);
    }
    std::vector<std::string_view> elsewhere;
    for (const auto& one : all_places()) {
        elsewhere.push_back(one.key);
    }
    const auto meant = text::nearest(key, elsewhere);
    return meant.empty() ? std::string() : with_place(*std::ranges::find(all_places(), meant, &place::key));
}

std::string remedy_for_choice(std::string_view word, std::span<const std::string_view> choices) {
    const auto did_you_mean = [](std::string_view meant) {
        return "; did you mean \"" + std::string(meant) + "\"?";
    };
    const auto has = [&](std::string_view choice) {
        return std::ranges::find(choices, choice) != choices.end();
    };
    const auto lower = plain(word);
    const auto ours = our_word(lower, choices_elsewhere);
    for (const auto known : choices) {
        if (plain(known) == lower || (!ours.empty() && known == ours)) {
            return did_you_mean(known);
        }
    }
    if (lower == "fedprox" && has("fedavg")) {
        return "; FedProx is \"fedavg\" with `proximal` in `local.optimizer`";
    }
    if (lower == "fedsgd" && has("fedavg")) {
        return "; FedSGD is \"fedavg\" with one epoch and a `batch_size` of all samples in `local`";
    }
    const auto meant = text::nearest(word, choices);
    return meant.empty() ? std::string() : did_you_mean(meant);
}

const text::word_help plan_words{remedy_for_key, remedy_for_choice};

} // namespace fedasio::plan
