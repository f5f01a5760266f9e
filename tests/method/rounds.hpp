#pragma once

#include <fedasio/method/round_sum.hpp>
#include <fedasio/method/strategy.hpp>

#include <boost/json/value_from.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace fedasio::test {

using floats = std::vector<float>;

/// Sets keys, and holds every key to its own description.
class key_setter final : public text::keys {
public:
    using value = std::variant<double, std::uint32_t, bool, std::vector<std::string>>;

    explicit key_setter(std::map<std::string, value> wanted = {}) : wanted_(std::move(wanted)) {}

    void required(std::string_view /*name*/, std::string_view /*remedy*/) override {}

    void check(const std::function<std::optional<text::fault>()>& /*problem*/) override {}

    void key(std::string_view name, const text::form& of, std::string_view sentence,
             text::written /*when*/) override {
        BOOST_TEST(names_.insert(std::string(name)).second, name << " is there twice");
        BOOST_TEST(sentence.ends_with('.'), name << ": " << sentence);
        const auto otherwise = of.write();
        if (!otherwise.is_null()) {
            of.read(text::json_field(otherwise, std::string(name))); // throws for a default out of its range
        }
        if (const auto found = wanted_.find(std::string(name)); found != wanted_.end()) {
            const auto json =
                std::visit([](const auto& one) { return boost::json::value_from(one); }, found->second);
            of.read(text::json_field(json, std::string(name)));
        }
    }

    [[nodiscard]] const std::set<std::string>& names() const { return names_; }

private:
    std::map<std::string, value> wanted_;
    std::set<std::string> names_;
};

inline std::unique_ptr<method::strategy> make(std::string_view name,
                                              std::map<std::string, key_setter::value> keys = {}) {
    auto made = method::make_strategy(name);
    BOOST_REQUIRE(made);
    key_setter setter(keys);
    made->describe(setter);
    for (const auto& [key, value] : keys) {
        BOOST_REQUIRE_MESSAGE(setter.names().contains(key), key << " is no key of " << name);
    }
    return made;
}

/// What a client sends.
struct sent {
    floats values;
    std::uint64_t samples = 1;
    std::optional<double> loss_before = std::nullopt;
    std::vector<floats> channels = {};
};

/// How a round's work is spread.
struct spread {
    std::vector<std::size_t> order; ///< of arrival; empty: as they are
    unsigned threads = 1;
};

/// As the master does it, with blocks on threads of their own.
inline method::block_runner blocks_on(unsigned threads) {
    return [threads](std::size_t values, const std::function<void(const method::block&)>& work) {
        const auto blocks = method::blocks_of(values);
        std::atomic<std::size_t> next = blocks.size();
        std::exception_ptr problem;
        std::mutex lock;
        std::vector<std::jthread> pool;
        for (unsigned i = 0; i < threads; ++i) {
            pool.emplace_back([&] {
                for (auto left = next.load(); left > 0;) {
                    if (next.compare_exchange_weak(left, left - 1)) {
                        try {
                            work(blocks[left - 1]); // the last one first
                        } catch (...) {
                            const std::scoped_lock alone(lock);
                            problem = std::current_exception();
                        }
                        left = next.load();
                    }
                }
            });
        }
        pool.clear();
        if (problem) {
            std::rethrow_exception(problem);
        }
    };
}

struct outcome {
    floats next;
    std::vector<method::passed_over> left_out;
};

/// One round at the master: checks, adds, and steps. Client k is the k-th of `all`.
inline outcome master_round(const method::strategy& what, method::server_state& state, const floats& x,
                            const std::vector<sent>& all, const method::local_training& local = {},
                            std::uint32_t clients = 0, const spread& how = {}) {
    method::gathered_round round;
    round.round = 1;
    round.clients = clients == 0 ? static_cast<std::uint32_t>(all.size()) : clients;
    round.local = local;
    round.x = x;
    const auto channel_names = what.channels();
    std::vector<floats> channels;
    double largest = 0;
    for (const auto& name : channel_names) {
        channels.push_back(state.contains(name) ? state[name] : floats(x.size()));
    }
    for (const auto& one : all) {
        largest += what.largest_factor(one.samples);
    }
    const method::update_check check(x, {channels.begin(), channels.end()});
    method::round_sum sum(check, largest);
    round.reports.resize(all.size());
    const auto arrive = [&](std::size_t k) {
        const auto& one = all[k];
        const auto checked = check.check(one.values, {one.channels.begin(), one.channels.end()});
        const auto& update = std::get<method::checked_update>(checked);
        auto& report = round.reports[k];
        report = {static_cast<std::uint32_t>(k), one.samples, local.steps(one.samples), 1, one.loss_before,
                  update.sketch().norm()};
        if (what.takes() == method::intake::sum) {
            const auto refused =
                sum.add(update, {report.client, what.factor(report, local), what.share(report)});
            if (refused) {
                throw std::runtime_error(refused->detail);
            }
        }
    };
    auto order = how.order;
    for (std::size_t k = order.size(); k < all.size(); ++k) {
        order.push_back(k);
    }
    if (how.threads == 1) {
        std::ranges::for_each(order, arrive);
    } else {
        std::atomic<std::size_t> next = 0;
        std::vector<std::jthread> pool;
        for (unsigned i = 0; i < how.threads; ++i) {
            pool.emplace_back([&] {
                for (auto k = next++; k < order.size(); k = next++) {
                    arrive(order[k]);
                }
            });
        }
        pool.clear();
        round.in_blocks = blocks_on(how.threads);
    }
    if (what.takes() == method::intake::sum) {
        static_cast<void>(sum.settle());
        round.sum = &sum;
    } else {
        for (const auto& one : all) {
            round.updates.emplace_back(one.values);
        }
    }
    outcome result;
    result.next.resize(x.size());
    result.left_out = what.step(round, state, result.next);
    return result;
}

inline void near(std::span<const float> got, std::initializer_list<double> expected, double within = 1e-6) {
    BOOST_REQUIRE(got.size() == expected.size());
    std::size_t i = 0;
    for (const double value : expected) {
        BOOST_TEST(std::abs(static_cast<double>(got[i]) - value) < within,
                   "value " << i << " is " << got[i] << ", not " << value);
        ++i;
    }
}

} // namespace fedasio::test
