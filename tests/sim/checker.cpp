#include "sim/checker.hpp"

#include <fedasio/store/digest.hpp>

#include <algorithm>
#include <utility>

namespace fedasio::sim {

namespace {

bool same_findings(const master::round_result& a, const master::round_result& b) {
    return a.round == b.round && a.cohort == b.cohort && a.train_loss == b.train_loss &&
           a.test_loss == b.test_loss && a.test_accuracy == b.test_accuracy && a.test_auc == b.test_auc &&
           a.test_recall == b.test_recall && a.test_partial == b.test_partial &&
           a.dropped.size() == b.dropped.size();
}

bool same(const master::round_result& a, const master::round_result& b) {
    return same_findings(a, b) && a.bytes_sent == b.bytes_sent && a.test_problem == b.test_problem;
}

} // namespace

checker::checker(oracle* truth, bool everybody_counts, double longest_round)
    : truth_(truth), everybody_counts_(everybody_counts), longest_round_(longest_round) {}

void checker::require(bool kept, const std::string& promise) {
    if (!kept && broken_.empty()) {
        broken_ = promise;
    }
}

void checker::begin_master() {
    if (!cohort_.empty()) {
        trained_[round_ + 1] = {cohort_, updated_, dropped_};
    }
    round_ = 0;
    last_seq_ = 0;
    cohort_.clear();
    hosted_.clear();
    phase_ = master::phase::waiting;
    outcome_.reset();
}

void checker::see(const master::event& happened) {
    if (!broken_.empty()) {
        return;
    }
    require(happened.seq == last_seq_ + 1, "events are numbered without a gap");
    last_seq_ = happened.seq;
    now_ = happened.time;
    std::visit([this](const auto& what) { see_what(what); }, happened.what);
}

void checker::see_what(const master::run_resumed& what) {
    ++resumed;
    require(round_ == 0, "a run is resumed before its first round");
    require(what.round == 0 || rounds_.contains(what.round),
            "a run goes on after a round that it finished, not after " + std::to_string(what.round));
    require(rounds_may_be_lost_ || what.rounds.size() == what.round, "a resumed run knows all its rounds");
    for (const auto& known : what.rounds) {
        const auto found = rounds_.find(known.round);
        require(found != rounds_.end() && same(known, found->second.result),
                "a resumed run knows its rounds as they were");
    }
    round_ = what.round;
    acknowledged_ = std::max(acknowledged_, round_);
    recall_round(round_ + 1);
}

/// Who is waited for may take its time; a round whose test was left to this process begins after that.
void checker::see_what(const master::phase_entered& what) {
    if (phase_ == master::phase::waiting) {
        round_began_ = now_;
    }
    phase_ = what.now;
}

/// An earlier process may have trained it, and left its test to this one.
void checker::recall_round(std::uint32_t round) {
    if (const auto found = trained_.find(round); found != trained_.end()) {
        cohort_ = found->second.cohort;
        updated_ = found->second.updated;
        dropped_ = found->second.dropped;
    }
}

void checker::see_what(const master::round_started& what) {
    require(round_ >= acknowledged_, "an acknowledged round is never trained again: round " +
                                         std::to_string(acknowledged_) + " was safe, and round " +
                                         std::to_string(what.round) + " begins");
    require(what.round == round_ + 1, "rounds follow one after the other: after " + std::to_string(round_) +
                                          " came " + std::to_string(what.round));
    require(std::ranges::is_sorted(what.cohort) && !what.cohort.empty(), "a cohort is a sorted set");
    round_began_ = now_;
    cohort_ = what.cohort;
    updated_.clear();
    dropped_.clear();
}

void checker::see_what(const master::client_updated& what) {
    require(what.round == round_ + 1, "an update counts in its own round only");
    require(std::ranges::binary_search(cohort_, what.client), "only the cohort's updates count");
    require(updated_.insert(what.client).second,
            "no update is counted twice: client " + std::to_string(what.client));
    require(!dropped_.contains(what.client), "a dropped client's update does not count");
}

void checker::see_what(const master::client_dropped& what) {
    ++drops;
    require(std::ranges::binary_search(cohort_, what.client), "only a cohort's client can be dropped");
    const bool had_sent = updated_.erase(what.client) > 0;
    require(had_sent == (what.reason == "out_of_proportion"),
            "of those that sent their update only who is out of proportion is dropped");
    require(dropped_.insert(what.client).second, "a client is dropped once");
    require(!what.reason.empty(), "every absence has a reason");
}

void checker::see_what(const master::worker_assigned& what) {
    for (const auto& hosted : what.clients) {
        hosted_.insert(hosted.client);
    }
}

void checker::see_what(const master::round_finished& what) {
    const auto& result = what.result;
    require(result.round == round_ + 1, "rounds follow one after the other");
    require(now_ - round_began_ <= longest_round_, "a round keeps to its deadlines");
    require(result.cohort == cohort_, "a round's result tells its cohort");
    require(updated_.size() + dropped_.size() == cohort_.size(),
            "each of a cohort sent an update or was dropped");
    require(result.dropped.size() == dropped_.size(), "a round's result tells who was dropped");
    require(!everybody_counts_ || dropped_.empty(), "with shared data nobody is dropped");
    require(!everybody_counts_ || !result.test_partial, "with shared data everybody is tested");
    const bool by_clients = result.test_clients > 0;
    require(!by_clients || result.test_partial || result.test_clients >= hosted_.size(),
            "a test of some of the clients does not look like one of all");
    if (!broken_.empty()) {
        return;
    }
    model_ptr model;
    if (truth_ != nullptr) {
        const auto before = round_ == 0 ? truth_->initial() : rounds_.at(round_).model;
        model = truth_->next(before, result.round, cohort_, {updated_.begin(), updated_.end()});
    }
    if (model && everybody_counts_ && result.test_problem.empty()) {
        require(truth_->agrees(model, result.test_loss, result.test_accuracy),
                "a model's test results do not depend on who tested it");
    }
    const auto before = rounds_.find(result.round);
    const bool is_tested_again = before != rounds_.end() && acknowledged_ >= result.round &&
                                 before->second.result.test_problem.empty() && result.test_problem.empty();
    require(!is_tested_again || !everybody_counts_ || same_findings(before->second.result, result),
            "a round that is tested again is found to be what it was");
    trained_[result.round] = {cohort_, updated_, dropped_};
    cohort_.clear();
    round_ = result.round;
    rounds_.erase(rounds_.lower_bound(round_), rounds_.end());
    rounds_[round_] = {result, std::move(model)};
    ++rounds_done;
}

void checker::see_what(const master::checkpoint_written& what) {
    require(what.round <= round_, "only a finished round is safe on disk");
    acknowledged_ = std::max(acknowledged_, what.round);
}

void checker::see_what(const master::training_finished& what) {
    outcome_ = what.outcome;
    // A process that ends before it has tested what an earlier one trained leaves that to the next.
    const bool is_untested = what.round == round_ + 1 && trained_.contains(what.round);
    require(what.round == round_ || is_untested, "a training ends with its last round");
    if (broken_.empty() && truth_ != nullptr && !what.weights_sha256.empty()) {
        auto model = round_ == 0 ? truth_->initial() : rounds_.at(round_).model;
        if (is_untested) {
            const auto& made = trained_.at(what.round);
            model = truth_->next(model, what.round, made.cohort, {made.updated.begin(), made.updated.end()});
        }
        require(what.weights_sha256 == store::weights_sha256(model->weights),
                "the weights are those of an undisturbed run with the same updates, after round " +
                    std::to_string(round_));
    }
}

} // namespace fedasio::sim
