#include <fedasio/master/events.hpp>
#include <fedasio/net/clock.hpp>

#include <utility>

namespace fedasio::master {

void event_source::publish(event::content what) {
    const event happened{++last_, time_.unix_time(), std::move(what)};
    for (const auto& tell : subscribers_) {
        tell(happened);
    }
}

} // namespace fedasio::master
