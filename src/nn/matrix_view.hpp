#pragma once

#include <Eigen/Core>

#include <cstddef>

namespace fedasio::nn {

/// A column-major view of floats that live elsewhere. A row-major batch [samples][features] is the
/// column-major matrix features x samples; a row-major kernel [inputs][units] is the column-major matrix
/// units x inputs. So each layer is the product kernel * batch with nothing transposed.
using matrix_view = Eigen::Map<Eigen::MatrixXf>;
using const_matrix_view = Eigen::Map<const Eigen::MatrixXf>;

[[nodiscard]] inline matrix_view view(float* data, std::size_t rows, std::size_t columns) {
    return {data, static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)};
}

[[nodiscard]] inline const_matrix_view view(const float* data, std::size_t rows, std::size_t columns) {
    return {data, static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)};
}

} // namespace fedasio::nn
