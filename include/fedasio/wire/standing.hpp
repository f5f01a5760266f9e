#pragma once

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

namespace fedasio::wire {

/// Tells a worker where it stands in the training, so that its own log can say it to its people.
struct standing {
    enum class kind {
        takes_part,
        left_out,  ///< its data, its memory or its pace do not do: it gets no clients for now
        no_client, ///< there is nothing wrong with it, but no client is left for it
        resting,   ///< it was late in rounds before, and is not asked for some
    };

    kind state = kind::takes_part;
    std::string reason; ///< a sentence for people; empty if it takes part
};

[[nodiscard]] std::string_view to_string(standing::kind state) noexcept;

[[nodiscard]] boost::json::object to_meta(const standing& what);
[[nodiscard]] standing read_standing(const boost::json::object& meta);

} // namespace fedasio::wire
