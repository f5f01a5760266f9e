#include "method/robust.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>

namespace fedasio::method {

void robust_rule::require_updates(const gathered_round& round) const {
    if (round.updates.size() < fewest_updates()) {
        throw std::invalid_argument(std::string(name()) + " needs " + std::to_string(fewest_updates()) +
                                    " updates, and there are " + std::to_string(round.updates.size()));
    }
}

void by_coordinate(const gathered_round& round, std::span<float> next,
                   const std::function<double(std::span<float>)>& rule) {
    round.in_blocks(next.size(), [&](const block& part) {
        std::vector<float> values(round.updates.size());
        array result(static_cast<Eigen::Index>(part.size));
        for (std::size_t i = 0; i < part.size; ++i) {
            for (std::size_t k = 0; k < values.size(); ++k) {
                values[k] = round.updates[k][part.first + i];
            }
            result[static_cast<Eigen::Index>(i)] = rule(values);
        }
        store(result, next, part, "weight");
    });
}

double median_of(std::span<float> values) {
    const auto upper = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, upper);
    if (values.size() % 2 == 1) {
        return *upper;
    }
    return (static_cast<double>(*std::max_element(values.begin(), upper)) + static_cast<double>(*upper)) / 2;
}

void take_mean_of(const gathered_round& round, const std::vector<std::size_t>& chosen,
                  std::span<float> next) {
    round.in_blocks(next.size(), [&](const block& part) {
        array sum = array::Zero(static_cast<Eigen::Index>(part.size));
        for (const auto k : chosen) {
            sum += load(round.updates[k], part);
        }
        store(sum / static_cast<double>(chosen.size()), next, part, "weight");
    });
}

std::vector<double> sum_over_blocks(const gathered_round& round, std::size_t count,
                                    const std::function<void(const block&, std::span<double>)>& work) {
    std::mutex lock;
    std::map<std::size_t, std::vector<double>> parts;
    round.in_blocks(round.x.size(), [&](const block& part) {
        std::vector<double> sums(count, 0.0);
        work(part, sums);
        const std::scoped_lock alone(lock);
        parts.emplace(part.first, std::move(sums));
    });
    std::vector<double> total(count, 0.0);
    for (const auto& [first, sums] : parts) {
        std::ranges::transform(total, sums, total.begin(), std::plus());
    }
    return total;
}

std::vector<double> squared_distances_to(const gathered_round& round, std::span<const double> z) {
    return sum_over_blocks(round, round.updates.size(), [&](const block& part, std::span<double> sums) {
        const auto values = z.subspan(part.first, part.size);
        const Eigen::Map<const array> center(values.data(), static_cast<Eigen::Index>(values.size()));
        for (std::size_t k = 0; k < sums.size(); ++k) {
            sums[k] = (load(round.updates[k], part) - center).square().sum();
        }
    });
}

krum_scores::krum_scores(const gathered_round& round, std::uint32_t f)
    : clients_(round.updates.size()), f_(f) {
    squared_ = sum_over_blocks(round, clients_ * clients_, [&](const block& part, std::span<double> sums) {
        std::vector<array> values;
        values.reserve(clients_);
        for (const auto& update : round.updates) {
            values.push_back(load(update, part));
        }
        for (std::size_t i = 0; i < clients_; ++i) {
            for (std::size_t k = 0; k < i; ++k) {
                sums[i * clients_ + k] = (values[i] - values[k]).square().sum();
                sums[k * clients_ + i] = sums[i * clients_ + k];
            }
        }
    });
}

std::vector<double> krum_scores::of(const std::vector<std::size_t>& updates) const {
    const auto neighbours = updates.size() > f_ + std::size_t{2} ? updates.size() - f_ - 2 : 0;
    std::vector<double> scores;
    std::vector<double> distances;
    for (const auto one : updates) {
        distances.clear();
        for (const auto other : updates) {
            if (other != one) {
                distances.push_back(squared_[one * clients_ + other]);
            }
        }
        std::ranges::sort(distances);
        scores.push_back(std::accumulate(distances.begin(),
                                         distances.begin() + static_cast<std::ptrdiff_t>(neighbours), 0.0));
    }
    return scores;
}

std::vector<std::size_t> krum_scores::best(std::size_t count) const {
    std::vector<std::size_t> order(clients_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto scores = of(order);
    std::ranges::sort(order, {}, [&](std::size_t one) { return std::pair(scores[one], one); });
    order.resize(count);
    return order;
}

std::vector<passed_over> all_but(const gathered_round& round, const std::vector<std::size_t>& chosen,
                                 const std::string& reason) {
    std::vector<passed_over> result;
    for (std::size_t k = 0; k < round.reports.size(); ++k) {
        if (std::ranges::find(chosen, k) == chosen.end()) {
            result.push_back({round.reports[k].client, reason});
        }
    }
    return result;
}

} // namespace fedasio::method
