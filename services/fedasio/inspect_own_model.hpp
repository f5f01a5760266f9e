#pragma once

#include <fedasio/nn/model_arrays.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/store/safetensors.hpp>

#include <boost/json/object.hpp>

#include <filesystem>
#include <iosfwd>

namespace fedasio::steering {

/// What arrays the metadata of a model file say that it has. Throws std::runtime_error unless it has those,
/// with finite values.
[[nodiscard]] nn::model_arrays checked_arrays(const std::filesystem::path& path,
                                              const store::model_file& file);

/// Prints what a plan says of a model that is a trainer's own, in the place of a network. Throws
/// std::runtime_error if its file of arrays is there and cannot be used.
void print_own_model(std::ostream& out, const plan::plan& plan);

/// The same as JSON, beside what is there of every plan: `arrays`, null if they are not known before a run,
/// `parameters`, and `private_parameters` of them.
void add_own_model(boost::json::object& said, const plan::plan& plan);

} // namespace fedasio::steering
