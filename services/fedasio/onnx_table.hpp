#pragma once

#include <fedasio/data/csv.hpp>

#include "onnx_graph.hpp"
#include <string>

namespace fedasio::steering {

/// Adds an input for each column of a table that becomes inputs, and how they are encoded. Returns the value
/// that the network takes, float32 [batch, inputs].
std::string add_table(onnx_graph& graph, const data::csv_schema& schema);

} // namespace fedasio::steering
