#pragma once

#include <fedasio/plan/plan.hpp>

#include <boost/json/object.hpp>

#include <iosfwd>

namespace fedasio::steering {

/// Prints what a plan says of a model that is a trainer's own, in the place of a network. Throws
/// std::runtime_error if its file of arrays is there and cannot be used.
void print_own_model(std::ostream& out, const plan::plan& plan);

/// The same as JSON, beside what is there of every plan: `arrays`, null if they are not known before a run,
/// `parameters`, and `private_parameters` of them.
void add_own_model(boost::json::object& said, const plan::plan& plan);

} // namespace fedasio::steering
