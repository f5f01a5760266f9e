#include <fedasio/master/events.hpp>
#include <fedasio/net/clock.hpp>

#include <utility>

namespace fedasio::master {

event::event(std::uint64_t number, double when, content happened)
    : seq(number), time(when), what(std::move(happened)) {}

event::event(const event&) = default;
event::event(event&&) noexcept = default;
event& event::operator=(const event&) = default;
event& event::operator=(event&&) noexcept = default;
event::~event() = default;

void event_source::publish(event::content what) {
    const event happened{++last_, time_.unix_time(), std::move(what)};
    for (const auto& tell : subscribers_) {
        tell(happened);
    }
}

} // namespace fedasio::master
