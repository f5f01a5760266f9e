#include "master/update_intake.hpp"

#include <fedasio/nn/array_place.hpp>
#include <fedasio/text/printable.hpp>

#include <boost/asio/post.hpp>

#include "master/pool_blocks.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <new>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

namespace fedasio::master {
namespace {

// A job for each thread of a small machine, and more that wait: what comes meanwhile is in the next ones.
constexpr unsigned most_jobs = 4;
constexpr std::size_t most_in_a_job = 32;
constexpr std::size_t pair_size = 2;
/// Few of these are here at a time, so all threads add one.
constexpr std::size_t least_shared = std::size_t{16} << 20;
constexpr std::size_t bytes_of_a_job = std::size_t{1} << 20;

/// A client that takes n times the steps of the median one may go n times as far. It is the client itself
/// that says how many samples it has, so not without end.
std::vector<double> allowances_of(const std::vector<std::uint64_t>& samples, std::uint32_t batch_size) {
    constexpr double most = 64;
    std::vector<double> steps;
    steps.reserve(samples.size());
    for (const auto count : samples) {
        steps.push_back(std::ceil(static_cast<double>(count) / batch_size));
    }
    auto sorted = steps;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
    std::ranges::nth_element(sorted, middle);
    for (auto& one : steps) {
        one = std::clamp(one / *middle, 1.0, most);
    }
    return steps;
}

std::vector<std::span<const float>> spans_of(const std::vector<net::payload>& payloads) {
    std::vector<std::span<const float>> spans;
    spans.reserve(payloads.size());
    for (const auto& one : payloads) {
        spans.push_back(one.floats());
    }
    return spans;
}

std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::bad_alloc&) {
        return "there is no memory here to take it";
    } catch (const std::exception& e) {
        return e.what();
    }
}

double largest_total(const intake_terms& terms) {
    double total = 0;
    for (const auto samples : terms.samples) {
        total += terms.strategy->largest_factor(std::max<std::uint64_t>(samples, 1));
    }
    return std::max(total, 1.0);
}

} // namespace

// Nobody destroys what lies in the buffer.
static_assert(std::is_trivially_destructible_v<method::update_sketch>);

update_intake::update_intake(net::runtime& rt, boost::asio::any_io_executor pool, intake_terms terms)
    : rt_(rt), pool_(std::move(pool)), terms_(std::move(terms)),
      check_(terms_.base.floats(), spans_of(terms_.channels), terms_.compares),
      allowances_(allowances_of(terms_.samples, terms_.local.batch_size)), reports_(terms_.cohort.size()),
      sketches_(terms_.compares ? terms_.cohort.size() * sizeof(method::update_sketch) : 0),
      states_(terms_.cohort.size()), counters_(terms_.cohort.size()) {
    if (terms_.base.size() >= least_shared) {
        in_blocks_ = blocks_on(pool_, std::thread::hardware_concurrency());
    }
    if (terms_.strategy->takes() == method::intake::sum) {
        sum_.emplace(check_, largest_total(terms_), terms_.norm_bound);
    } else {
        bodies_.resize(terms_.cohort.size());
    }
}

void update_intake::take(std::size_t place, const wire::update& said, net::payload body,
                         net::verdict judged) {
    // What arrives in the same turn of the reactor is handled before this.
    if (!jobs_.starts_soon) {
        boost::asio::post(rt_.executor, [self = shared_from_this()] {
            self->jobs_.starts_soon = false;
            self->start_jobs();
        });
        jobs_.starts_soon = true;
    }
    if (jobs_.waiting.empty() || is_full(*jobs_.waiting.back())) {
        jobs_.waiting.push_back(std::make_shared<job>());
        jobs_.waiting.back()->reserve(
            std::clamp(bytes_of_a_job / std::max<std::size_t>(body.size(), 1) + 1, pair_size, most_in_a_job));
    }
    jobs_.waiting.back()->push_back({place, said, std::move(body), std::move(judged)});
}

/// Many small ones, or a few large ones: room for more is there only when these are done.
bool update_intake::is_full(const job& which) {
    std::size_t bytes = 0;
    for (const auto& one : which) {
        bytes += one.body.size();
    }
    return which.size() >= most_in_a_job || (which.size() >= pair_size && bytes >= bytes_of_a_job);
}

void update_intake::start_jobs() {
    while (!jobs_.waiting.empty() && jobs_.running < most_jobs) {
        auto next = std::move(jobs_.waiting.front());
        jobs_.waiting.pop_front();
        auto work_and_come_back = [self = shared_from_this(), next]() mutable {
            self->work(*next);
            auto& rt = self->rt_;
            boost::asio::post(rt.executor, [self = std::move(self), next = std::move(next)] {
                --self->jobs_.running;
                self->take_over(*next);
                self->start_jobs();
            });
        };
        try {
            boost::asio::post(pool_, std::move(work_and_come_back));
            ++jobs_.running;
        } catch (const std::bad_alloc&) {
            object(*next, std::current_exception());
            take_over(*next);
        }
    }
}

void update_intake::object(std::span<arrival> to, const std::exception_ptr& failure) {
    for (auto& one : to) {
        one.result.objection = text_of(failure);
    }
}

/// On the pool. Two share a pass over the sums, which are twice as large as an update.
void update_intake::work(job& which) {
    const std::span all(which);
    for (std::size_t first = 0; first < all.size(); first += pair_size) {
        const auto pair = all.subspan(first, std::min(pair_size, all.size() - first));
        std::array<std::optional<method::checked_update>, pair_size> updates;
        for (std::size_t i = 0; i < pair.size(); ++i) {
            try {
                updates[i] = examine(pair[i]);
            } catch (...) {
                pair[i].result.objection = text_of(std::current_exception());
            }
        }
        try {
            add(pair, updates);
        } catch (...) {
            object(pair, std::current_exception());
        }
    }
}

/// In the words of people who know the model by its arrays.
std::string update_intake::objection_to(const method::rejection& what) const {
    if (!what.place) {
        return what.detail;
    }
    const auto where = terms_.arrays ? nn::place_of(*terms_.arrays, *what.place) : std::string();
    return what.detail + (where.empty() ? "" : ", in " + text::printable(where)) + terms_.remedy;
}

/// Nothing if there is an objection.
std::optional<method::checked_update> update_intake::examine(arrival& one) {
    const auto& said = one.said;
    const auto parameters = terms_.base.floats().size();
    const auto all = one.body.floats();
    std::vector<std::span<const float>> channels;
    channels.reserve(terms_.channels.size());
    for (std::size_t i = 0; i < terms_.channels.size(); ++i) {
        channels.push_back(all.subspan((i + 1) * parameters, parameters));
    }
    auto& result = one.result;
    auto checked = check_.check(all.first(parameters), std::move(channels));
    if (const auto* refused = std::get_if<method::rejection>(&checked)) {
        result.objection = objection_to(*refused);
        return std::nullopt;
    }
    auto& update = std::get<method::checked_update>(checked);
    auto& report = result.report;
    report.client = said.client;
    report.samples = said.samples;
    report.steps = terms_.local.steps(said.samples);
    report.loss = said.loss;
    report.loss_before = said.loss_before;
    const auto trained = parameters - terms_.untrained;
    report.distance =
        terms_.untrained == 0
            ? update.sketch().norm()
            : method::update_sketch(all.first(trained), terms_.base.floats().first(trained)).norm();
    if (terms_.strategy->asks_for_loss() && !said.loss_before) {
        result.objection = "it does not tell the loss with the weights that it received";
        return std::nullopt;
    }
    result.state = wire::state_of(said.state, all.subspan((1 + terms_.channels.size()) * parameters));
    const auto counters = all.first(parameters).last(terms_.counters);
    result.counters.assign(counters.begin(), counters.end());
    if (terms_.compares) {
        auto* const sketches = reinterpret_cast<method::update_sketch*>(sketches_.bytes().data());
        std::construct_at(sketches + one.place, update.sketch());
    }
    return std::move(update);
}

/// Those without an objection, in one pass over the sums.
void update_intake::add(std::span<arrival> from,
                        std::span<const std::optional<method::checked_update>> updates) {
    if (!sum_) {
        return;
    }
    std::array<method::round_sum::addition, pair_size> additions;
    std::array<outcome*, pair_size> results{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (updates[i]) {
            additions[count] = {&*updates[i], addend_of(from[i])};
            results[count++] = &from[i].result;
        }
    }
    const auto refused = sum_->add(std::span(additions).first(count), in_blocks_);
    for (std::size_t i = 0; i < refused.size(); ++i) {
        if (refused[i]) {
            results[i]->objection = objection_to(*refused[i]);
        }
    }
}

method::addend update_intake::addend_of(const arrival& one) const {
    method::addend how;
    how.client = one.result.report.client;
    how.factor = terms_.strategy->factor(one.result.report, terms_.local);
    how.share = terms_.strategy->share(one.result.report);
    how.shared_values = terms_.base.floats().size() - terms_.untrained;
    how.allowance = allowances_[one.place];
    return how;
}

void update_intake::take_over(job& done) {
    for (auto& [place, said, body, judged, result] : done) {
        if (result.objection.empty()) {
            ++count_;
            reports_[place] = result.report;
            states_[place] = std::move(result.state);
            counters_[place] = std::move(result.counters);
            if (!sum_) {
                bodies_[place] = std::move(body);
                bodies_[place].leave_window();
            }
        }
        body = {};
        judged(std::move(result.objection));
    }
}

std::vector<method::round_sum::left_out> update_intake::settle() {
    return sum_ ? sum_->settle() : std::vector<method::round_sum::left_out>();
}

void update_intake::forget(client_id client) {
    const auto found = std::ranges::lower_bound(terms_.cohort, client);
    const auto place = static_cast<std::size_t>(found - terms_.cohort.begin());
    if (found == terms_.cohort.end() || *found != client || !reports_[place]) {
        return;
    }
    --count_;
    reports_[place].reset();
    states_[place].clear();
    if (!sum_) {
        bodies_[place] = {};
    }
}

method::gathered_round update_intake::gathered(std::uint32_t round, std::uint32_t clients) const {
    method::gathered_round all;
    all.round = round;
    all.clients = clients;
    all.local = terms_.local;
    all.x = terms_.base.floats();
    all.sum = sum_ ? &*sum_ : nullptr;
    for (std::size_t i = 0; i < reports_.size(); ++i) {
        if (reports_[i]) {
            all.reports.push_back(*reports_[i]);
            if (!sum_) {
                all.updates.push_back(bodies_[i].floats().first(all.x.size()));
            }
        }
    }
    return all;
}

void update_intake::take_counters(std::span<float> next) const {
    const auto largest = next.last(terms_.counters);
    std::ranges::copy(terms_.base.floats().last(terms_.counters), largest.begin());
    for (std::size_t place = 0; place < counters_.size(); ++place) {
        for (std::size_t i = 0; reports_[place] && i < largest.size(); ++i) {
            largest[i] = std::max(largest[i], counters_[place][i]);
        }
    }
}

std::optional<updates_compared> update_intake::compare(std::uint32_t round,
                                                       std::span<const float> next) const {
    if (!terms_.compares) {
        return std::nullopt;
    }
    const method::update_sketch step(next, terms_.base.floats());
    updates_compared event{round, step.norm(), {}};
    const auto* const sketches = reinterpret_cast<const method::update_sketch*>(sketches_.bytes().data());
    for (std::size_t i = 0; i < reports_.size(); ++i) {
        if (reports_[i]) {
            const auto& sketch = sketches[i];
            event.clients.push_back({terms_.cohort[i], sketch.norm(), cosine(sketch, step)});
        }
    }
    return event;
}

} // namespace fedasio::master
