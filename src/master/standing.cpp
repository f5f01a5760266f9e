#include "master/standing.hpp"

#include <fedasio/wire/message_type.hpp>

#include <boost/json/object.hpp>

namespace fedasio::master {

using standing = wire::standing;

void set_state(const setting& given, worker& who, worker_state state) {
    if (who.state != state) {
        who.state = state;
        given.events.publish(worker_state_changed{who.id, state});
    }
}

void tell_standing(const setting& given, worker& who, wire::standing now) {
    if (now.state == who.standing.state && now.reason == who.standing.reason) {
        return;
    }
    who.standing = now;
    who.connection->send(net::frame(wire::message_type::standing, wire::to_meta(now)));
    given.events.publish(worker_standing{who.id, who.hello.name, now.state, now.reason});
    if (now.state == standing::kind::left_out) {
        given.notice(noticed::severity::error, who.hello.name + " cannot take part: " + now.reason);
    } else if (now.state == standing::kind::no_client) {
        given.notice(noticed::severity::warning, who.hello.name + " has no client: " + now.reason);
    } else if (now.state == standing::kind::resting) {
        given.notice(noticed::severity::warning, who.hello.name + " is asked less often: " + now.reason);
    }
}

} // namespace fedasio::master
