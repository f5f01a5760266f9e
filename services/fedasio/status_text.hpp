#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

/// What the program prints, made from the JSON of the HTTP interface.
namespace fedasio::steering {

/// A summary of the status object, a few lines.
std::string status_text(const boost::json::object& status);

/// One line for an event that a person wants to see, nothing for the others.
std::optional<std::string> event_line(const boost::json::object& happened);

} // namespace fedasio::steering
