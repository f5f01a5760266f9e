#include "master/update_intake.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace fedasio::master {
namespace {

constexpr std::string_view remedy = "; a lower local.optimizer.learning_rate may help";

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

double largest_total(const intake_terms& terms) {
    double total = 0;
    for (const auto samples : terms.samples) {
        total += terms.strategy->largest_factor(std::max<std::uint64_t>(samples, 1));
    }
    return std::max(total, 1.0);
}

} // namespace

update_intake::update_intake(net::runtime& rt, boost::asio::any_io_executor pool, intake_terms terms)
    : rt_(rt), pool_(std::move(pool)), terms_(std::move(terms)),
      check_(terms_.base.floats(), spans_of(terms_.channels)),
      allowances_(allowances_of(terms_.samples, terms_.local.batch_size)), reports_(terms_.cohort.size()),
      sketches_(terms_.cohort.size()), states_(terms_.cohort.size()), counters_(terms_.cohort.size()) {
    if (terms_.strategy->takes() == method::intake::sum) {
        sum_.emplace(check_, largest_total(terms_), terms_.norm_bound);
    } else {
        bodies_.resize(terms_.cohort.size());
    }
}

void update_intake::take(std::size_t place, const wire::update& said, net::payload body,
                         net::verdict judged) {
    auto job = [self = shared_from_this(), place, said, body = std::move(body),
                judged = std::move(judged)]() mutable {
        outcome result;
        try {
            result = self->work(place, said, body);
        } catch (const std::bad_alloc&) {
            result.objection = "there is no memory here to take it";
        } catch (const std::exception& e) {
            result.objection = e.what();
        }
        auto& rt = self->rt_;
        boost::asio::post(rt.executor, [self = std::move(self), place, result = std::move(result),
                                        body = std::move(body), judged = std::move(judged)]() mutable {
            self->take_over(place, std::move(result), std::move(body), judged);
        });
    };
    boost::asio::post(pool_, std::move(job));
}

/// On the pool.
update_intake::outcome update_intake::work(std::size_t place, const wire::update& said,
                                           const net::payload& body) {
    const auto parameters = terms_.base.floats().size();
    const auto all = body.floats();
    std::vector<std::span<const float>> channels;
    for (std::size_t i = 0; i < terms_.channels.size(); ++i) {
        channels.push_back(all.subspan((i + 1) * parameters, parameters));
    }
    outcome result;
    auto checked = check_.check(all.first(parameters), std::move(channels));
    if (const auto* refused = std::get_if<method::rejection>(&checked)) {
        result.objection = refused->detail + std::string(remedy);
        return result;
    }
    const auto& update = std::get<method::checked_update>(checked);
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
        return result;
    }
    result.state = wire::state_of(said.state, all.subspan((1 + terms_.channels.size()) * parameters));
    const auto counters = all.first(parameters).last(terms_.counters);
    result.counters.assign(counters.begin(), counters.end());
    result.objection = add(place, update, report);
    if (terms_.compares) {
        result.sketch = std::make_unique<method::update_sketch>(update.sketch());
    }
    return result;
}

std::string update_intake::add(std::size_t place, const method::checked_update& update,
                               const method::client_report& report) {
    if (!sum_) {
        return {};
    }
    method::addend how;
    how.client = report.client;
    how.factor = terms_.strategy->factor(report, terms_.local);
    how.share = terms_.strategy->share(report);
    how.shared_values = terms_.base.floats().size() - terms_.untrained;
    how.allowance = allowances_[place];
    const auto refused = sum_->add(update, how);
    return refused ? refused->detail + std::string(remedy) : std::string();
}

void update_intake::take_over(std::size_t place, outcome&& result, net::payload body,
                              const net::verdict& judged) {
    if (result.objection.empty()) {
        ++count_;
        reports_[place] = result.report;
        sketches_[place] = std::move(result.sketch);
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
    sketches_[place].reset();
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
    for (std::size_t i = 0; i < sketches_.size(); ++i) {
        if (const auto& sketch = sketches_[i]) {
            event.clients.push_back({terms_.cohort[i], sketch->norm(), cosine(*sketch, step)});
        }
    }
    return event;
}

} // namespace fedasio::master
