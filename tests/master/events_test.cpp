#include <fedasio/master/events.hpp>
#include <fedasio/net/clock.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

class stopped_clock final : public fedasio::net::clock {
public:
    [[nodiscard]] time_point now() const override { return {}; }

    [[nodiscard]] double unix_time() const override { return 12.5; }

    [[nodiscard]] std::unique_ptr<fedasio::net::alarm> at(time_point, std::function<void()>) override {
        return nullptr;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(events)

BOOST_AUTO_TEST_CASE(every_subscriber_sees_every_event_in_order) {
    namespace master = fedasio::master;
    const stopped_clock time;
    master::event_source source(time);
    std::vector<std::uint64_t> first;
    std::vector<std::uint64_t> second;
    source.subscribe([&](const master::event& e) {
        BOOST_TEST(e.time == 12.5);
        first.push_back(e.seq);
    });
    source.subscribe([&](const master::event& e) {
        BOOST_TEST(first.size() == e.seq, "subscribers are called in the order of their subscription");
        second.push_back(e.seq);
    });
    source.publish(master::model_built{10});
    source.publish(master::phase_entered{master::phase::training, 3});
    BOOST_TEST((first == std::vector<std::uint64_t>{1, 2}));
    BOOST_TEST((second == first));
}

BOOST_AUTO_TEST_SUITE_END()
