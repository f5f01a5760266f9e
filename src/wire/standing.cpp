#include <fedasio/plan/limits.hpp>
#include <fedasio/text/json_reader.hpp>
#include <fedasio/text/printable.hpp>
#include <fedasio/wire/standing.hpp>

#include <boost/json/object.hpp>

#include <utility>

namespace fedasio::wire {

using boost::json::object;
using reader = text::json_reader;

namespace {

// The numbers of enumerators are no part of the protocol; these words are.
constexpr std::pair<std::string_view, standing::kind> standings[] = {
    {"takes_part", standing::kind::takes_part},
    {"left_out", standing::kind::left_out},
    {"no_client", standing::kind::no_client},
    {"resting", standing::kind::resting},
};

} // namespace

std::string_view to_string(standing::kind state) noexcept {
    return standings[static_cast<std::size_t>(state)].first;
}

object to_meta(const standing& what) {
    return {{"state", to_string(what.state)},
            {"reason", text::printable(what.reason.substr(0, plan::limits::standing / 4))}};
}

standing read_standing(const object& meta) {
    const reader in(meta, "standing");
    return {in.get("state").choice<standing::kind>(standings),
            in.text_or_empty("reason", plan::limits::standing)};
}

} // namespace fedasio::wire
