#include <fedasio/dashboard/round_summaries.hpp>
#include <fedasio/master/report.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "json_scalar.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iterator>
#include <span>
#include <utility>
#include <variant>

// The page reckons the same of the rounds that it sees (web/src/models/journal.ts, stragglers.ts).
namespace fedasio::dashboard {
namespace {

namespace json = boost::json;
using master::worker_state;

constexpr std::size_t rounds_looked_at = 20; ///< for costs
constexpr std::size_t most_shares = 200;
constexpr std::size_t most_layer_rounds = 1000;
/// Of all rounds together: in memory, and as text.
constexpr std::size_t most_arrays_kept = 40'000;
constexpr std::size_t most_arrays_told = 4'000;
constexpr std::size_t most_layer_rounds_told = 200;
/// So many times what others take counts as late; fewer workers, or rounds of one, have no usual time.
constexpr float late_factor = 2;
constexpr std::size_t fewest_workers = 3;
constexpr std::size_t fewest_rounds = 3;

template <std::size_t Count>
void add(std::array<double, Count>& to, const std::array<double, Count>& more) {
    std::ranges::transform(to, more, to.begin(), std::plus());
}

/// Of at least one.
float median(std::span<float> values) {
    const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, half);
    return values.size() % 2 == 1 ? *half : (*half + *std::max_element(values.begin(), half)) / 2;
}

/// Of one field of at least one and at most as many rounds as are looked at.
template <class Round>
float median_of(const std::vector<Round>& rounds, float Round::* field) {
    std::array<float, rounds_looked_at> values;
    std::ranges::transform(rounds, values.begin(), field);
    return median(std::span(values).first(rounds.size()));
}

/// Times of a worker in a round: a tenth of a millisecond is exact enough, and short.
json::value short_seconds(double seconds) {
    constexpr double per_second = 1e4;
    return json_number(std::round(seconds * per_second) / per_second);
}

/// Four digits tell one length from another in a chart.
json::value short_length(double length) {
    if (length == 0 || !std::isfinite(length)) {
        return json_number(length);
    }
    // Divided by a whole power of ten, the result is the double whose text is short.
    const auto places = 3 - std::floor(std::log10(std::abs(length)));
    const auto power = std::pow(10.0, std::abs(places));
    return json_number(places < 0 ? std::round(length / power) * power : std::round(length * power) / power);
}

json::object layers_json(const std::deque<master::layers_measured>& layers) {
    json::array names;
    json::array units;
    json::array rounds;
    const auto arrays = layers.empty() ? 0 : layers.back().arrays.size();
    if (arrays > 0) {
        for (const auto& one : layers.back().arrays) {
            names.push_back(json_text(one.name));
            units.push_back(one.units);
        }
        const auto most = std::clamp<std::size_t>(most_arrays_told / arrays, 1, most_layer_rounds_told);
        const auto step = (layers.size() + most - 1) / most;
        for (auto place = (layers.size() - 1) % step; place < layers.size(); place += step) {
            json::array weights;
            json::array updates;
            json::array still;
            for (const auto& one : layers[place].arrays) {
                weights.push_back(short_length(one.weights));
                updates.push_back(short_length(one.update));
                still.push_back(one.still);
            }
            rounds.push_back(json::object{{"round", layers[place].round},
                                          {"weights", std::move(weights)},
                                          {"update", std::move(updates)},
                                          {"still", std::move(still)}});
        }
    }
    return {{"names", std::move(names)}, {"units", std::move(units)}, {"rounds", std::move(rounds)}};
}

} // namespace

struct round_summaries::folding {
    round_summaries& self;
    double time;

    static doing doing_of(worker_state state) {
        switch (state) {
        case worker_state::loading:
            return doing::loading;
        case worker_state::training:
            return doing::training;
        case worker_state::receiving:
        case worker_state::sending:
            return doing::moving;
        default:
            return doing::waiting;
        }
    }

    void operator()(const master::run_opened& it) const {
        if (it.run != self.run_) {
            self.forget_run();
        }
        self.run_ = it.run;
    }

    /// The same process goes on as a run that it has read.
    void operator()(const master::run_resumed& it) const {
        self.run_ = it.run;
        self.resumed_ = {.round = it.round, .changes = it.changes};
    }

    void operator()(const master::worker_joined& it) const {
        self.lanes_[it.worker] = {.now = doing::waiting, .since = time};
    }

    void operator()(const master::worker_state_changed& it) const {
        if (const auto found = self.lanes_.find(it.worker); found != self.lanes_.end()) {
            self.become(found->second, doing_of(it.state), time);
        }
    }

    void operator()(const master::worker_left& it) const { self.leave(it.worker, time); }

    void operator()(const master::round_started& it) const { self.open(it.round, time); }

    void operator()(const master::phase_entered& it) const {
        if (it.now == master::phase::aggregating && self.open_ && self.open_->round == it.round) {
            self.answered(time);
        }
    }

    void operator()(const master::layers_measured& it) const {
        auto& layers = self.layers_;
        layers.push_back(it);
        const auto arrays = std::max<std::size_t>(it.arrays.size(), 1);
        while (layers.size() > std::clamp<std::size_t>(most_arrays_kept / arrays, 1, most_layer_rounds)) {
            layers.pop_front();
        }
    }

    void operator()(const master::round_finished& it) const { self.close(it.result.round, time); }

    void operator()(const master::training_finished& /*it*/) const { self.open_.reset(); }

    template <class Other>
    void operator()(const Other& /*it*/) const {}
};

void round_summaries::fold(const master::event& happened) {
    std::visit(folding{*this, happened.time}, happened.what);
}

void round_summaries::forget_run() {
    open_.reset();
    closed_ = 0;
    latest_.clear();
    lengths_.clear();
    shares_.clear();
    layers_.clear();
    resumed_.reset();
}

void round_summaries::open(std::uint32_t round, double time) {
    std::erase_if(lanes_, [](const auto& one) { return one.second.is_gone; });
    for (auto& [id, worker] : lanes_) {
        worker = {.now = worker.now, .since = time};
    }
    open_ = {.round = round, .from = time};
}

void round_summaries::become(lane& worker, doing next, double time) {
    pass(worker, time);
    worker.now = next;
}

/// Counts what it has done since it was looked at last.
void round_summaries::pass(lane& worker, double time) const {
    const auto spent = std::max(0.0, time - worker.since);
    worker.since = std::max(time, worker.since);
    if (!open_ || worker.is_gone) {
        return;
    }
    const auto place = static_cast<std::size_t>(worker.now);
    worker.in_round[place] += spent;
    if (!open_->is_answered) {
        worker.until_answered[place] += spent;
        if (time > open_->from && (worker.now == doing::training || worker.now == doing::moving)) {
            worker.last_worked = time;
        }
    }
}

/// One that comes again and again, each time as another, leaves nothing behind but its time.
void round_summaries::leave(master::worker_id id, double time) {
    const auto found = lanes_.find(id);
    if (found == lanes_.end()) {
        return;
    }
    auto& worker = found->second;
    become(worker, doing::waiting, time);
    if (open_ && worker.last_worked) {
        worker.is_gone = true;
        return;
    }
    if (open_) {
        add(open_->spent, worker.in_round);
    }
    lanes_.erase(found);
}

void round_summaries::answered(double time) {
    for (auto& [id, worker] : lanes_) {
        pass(worker, time);
    }
    open_->is_answered = true;
}

void round_summaries::close(std::uint32_t round, double time) {
    if (!open_ || open_->round != round) {
        open_.reset();
        return;
    }
    const auto from = open_->from;
    share all{.round = round, .from = from, .to = time, .spent = open_->spent};
    std::vector<std::pair<master::worker_id, worker_round>> times;
    for (auto& [id, worker] : lanes_) {
        pass(worker, time);
        add(all.spent, worker.in_round);
        if (worker.last_worked) {
            const auto part = [&](doing what) {
                return static_cast<float>(worker.until_answered[static_cast<std::size_t>(what)]);
            };
            times.push_back({id,
                             {closed_, static_cast<float>(*worker.last_worked - from), part(doing::loading),
                              part(doing::training), part(doing::moving)}});
        }
    }
    open_.reset();
    remember(std::move(times));
    all.late = count_late();
    shares_.push_back(all);
    if (shares_.size() > most_shares) {
        shares_.pop_front();
    }
}

/// Of a round that is over; what is older than those that are looked at is forgotten.
void round_summaries::remember(std::vector<std::pair<master::worker_id, worker_round>> all) {
    float first = 0;
    float second = 0;
    for (const auto& [worker, one] : all) {
        second = std::max(second, std::min(first, one.until));
        first = std::max(first, one.until);
    }
    lengths_.push_back(first);
    if (lengths_.size() > rounds_looked_at) {
        lengths_.pop_front();
    }
    for (auto at = latest_.begin(); at != latest_.end();) {
        auto& rounds = at->second;
        if (rounds.front().number + rounds_looked_at <= closed_) {
            rounds.erase(rounds.begin());
        }
        at = rounds.empty() ? latest_.erase(at) : std::next(at);
    }
    for (auto& [worker, one] : all) {
        one.saves = one.until == first ? first - second : 0;
        auto& rounds = latest_[worker];
        rounds.reserve(rounds_looked_at);
        rounds.push_back(one);
    }
    ++closed_;
}

/// Workers that usually take far longer than others do.
std::size_t round_summaries::count_late() const {
    if (latest_.size() < fewest_workers) {
        return 0;
    }
    std::vector<float> usual;
    usual.reserve(latest_.size());
    for (const auto& [worker, rounds] : latest_) {
        usual.push_back(median_of(rounds, &worker_round::until));
    }
    auto sorted = usual;
    const auto limit = late_factor * median(sorted);
    auto own = usual.begin();
    return static_cast<std::size_t>(std::ranges::count_if(
        latest_, [&](const auto& of) { return *own++ > limit && of.second.size() >= fewest_rounds; }));
}

std::string round_summaries::text() const {
    std::vector<float> lengths(lengths_.begin(), lengths_.end());
    json::array workers;
    for (const auto& [worker, rounds] : latest_) {
        const auto usual = [&](float worker_round::* field) {
            return short_seconds(median_of(rounds, field));
        };
        workers.push_back(
            json::object{{"worker", worker},
                         {"until", usual(&worker_round::until)},
                         {"loading", usual(&worker_round::loading)},
                         {"computing", usual(&worker_round::computing)},
                         {"moving", usual(&worker_round::moving)},
                         {"saves", latest_.size() > 1 ? usual(&worker_round::saves) : json::value(0.0)},
                         {"rounds", rounds.size()}});
    }
    json::array rounds;
    for (const auto& one : shares_) {
        const auto part = [&](doing what) { return one.spent[static_cast<std::size_t>(what)]; };
        rounds.push_back(
            json::object{{"round", one.round},
                         {"from", short_seconds(one.from)},
                         {"to", short_seconds(one.to)},
                         {"moving", short_seconds(part(doing::moving))},
                         {"computing", short_seconds(part(doing::training) + part(doing::loading))},
                         {"waiting", short_seconds(part(doing::waiting))},
                         {"late", one.late}});
    }
    json::value resumed = nullptr;
    if (resumed_) {
        json::array changes;
        for (const auto& change : resumed_->changes) {
            changes.push_back(master::to_json(change));
        }
        resumed = json::object{{"round", resumed_->round}, {"changes", std::move(changes)}};
    }
    return text::canonical_text(
        json::object{{"run", json_text(run_)},
                     {"resumed", std::move(resumed)},
                     {"usual", lengths.empty() ? json::value(nullptr) : short_seconds(median(lengths))},
                     {"rounds_looked_at", lengths_.size()},
                     {"workers", std::move(workers)},
                     {"rounds", std::move(rounds)},
                     {"layers", layers_json(layers_)}});
}

} // namespace fedasio::dashboard
