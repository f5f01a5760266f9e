#pragma once

#include <fedasio/master/events.hpp>

#include <boost/json/object.hpp>

#include <string>

namespace fedasio::dashboard {

/// The event as `docs/api.md` describes it: `seq`, `time`, `type` and the fields of its type. A number that
/// does not exist or is not finite is null; bytes that are not UTF-8 become U+FFFD.
boost::json::object event_json(const master::event& happened);
/// Its canonical_text(). Those of which every round brings some for each client are written straight away.
std::string event_text(const master::event& happened);

/// Adds the fields of the event's own type: `evaluation` of a snapshot.
void add_evaluation(boost::json::object& into, const master::model_evaluated& it);

/// Whether the event belongs in the log (the types marked with * in `docs/api.md`).
bool is_logged(const master::event& happened) noexcept;

} // namespace fedasio::dashboard
