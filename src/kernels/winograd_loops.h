#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "vector.h"

namespace gan {

// The matrices of Winograd's convolutions, by the method of Toom and Cook. Polynomials are multiplied by evaluating
// them at points, multiplying the values, and interpolating: the product of g and y is B ((G g) * (A y)). The sliding
// sum of a layer is the transpose of that: y = A^T ((G g) * (B^T d)), for each of `outputs` neighbours a sum of `taps`
// products, by outputs + taps - 1 multiplications instead of outputs * taps. In two dimensions U = G g G^T, V = B^T d
// B, and their product is M, from which y = A^T M A.

/// The points, and infinity after them. Small numbers and their inverses round least (Barabasz et al. 2020,
/// arXiv:1803.10986, table 3).
constexpr double kPoints[] = {0, 1, -1, 0.5, -0.5, 2, -2};

template <size_t kRows, size_t kColumns>
using Matrix = std::array<std::array<float, kColumns>, kRows>;

/// y = A^T ((G g) * (B^T d)) for taps g and input d (Lavin and Gray 2016, arXiv:1509.09308, equation 6).
template <size_t kOutputs, size_t kTaps>
struct Winograd {
  static constexpr size_t outputs = kOutputs, taps = kTaps, points = kOutputs + kTaps - 1;
  static_assert(points <= std::size(kPoints) + 1);

  /// The powers of each point: A, or G before its division.
  template <size_t kPowers>
  static constexpr std::array<std::array<double, kPowers>, points> powers() {
    std::array<std::array<double, kPowers>, points> matrix{};
    for (size_t point = 0; point + 1 < points; ++point) {
      double power = 1;
      for (size_t i = 0; i < kPowers; ++i, power *= kPoints[point]) matrix[point][i] = power;
    }
    matrix[points - 1][kPowers - 1] = 1;
    return matrix;
  }
  /// What divides a point's product: its distance from each other point, multiplied.
  static constexpr double divisor(size_t point) {
    double product = 1;
    if (point + 1 == points) return product;
    for (size_t other = 0; other + 1 < points; ++other) {
      if (other != point) product *= kPoints[point] - kPoints[other];
    }
    return product;
  }
  /// The coefficients of the product of (x - other) over all other points.
  static constexpr std::array<double, points> polynomial(size_t point) {
    std::array<double, points> coefficients{1};
    for (size_t other = 0; other + 1 < points; ++other) {
      if (other == point) continue;
      for (size_t i = points - 1; i > 0; --i) coefficients[i] = coefficients[i - 1] - kPoints[other] * coefficients[i];
      coefficients[0] *= -kPoints[other];
    }
    return coefficients;
  }

  static constexpr Matrix<points, outputs> a() {
    Matrix<points, outputs> matrix{};
    for (size_t i = 0; i < points; ++i) {
      for (size_t j = 0; j < outputs; ++j) matrix[i][j] = static_cast<float>(powers<outputs>()[i][j]);
    }
    return matrix;
  }
  static constexpr Matrix<points, taps> g() {
    Matrix<points, taps> matrix{};
    for (size_t i = 0; i < points; ++i) {
      for (size_t j = 0; j < taps; ++j) matrix[i][j] = static_cast<float>(powers<taps>()[i][j] / divisor(i));
    }
    return matrix;
  }
  static constexpr Matrix<points, points> b() {  // a column a point
    Matrix<points, points> matrix{};
    for (size_t i = 0; i < points; ++i) {
      for (size_t j = 0; j < points; ++j) matrix[j][i] = static_cast<float>(polynomial(i)[j]);
    }
    return matrix;
  }
  template <size_t kRows, size_t kColumns>
  static constexpr Matrix<kColumns, kRows> transposed(const Matrix<kRows, kColumns>& of) {
    Matrix<kColumns, kRows> matrix{};
    for (size_t i = 0; i < kRows; ++i) {
      for (size_t j = 0; j < kColumns; ++j) matrix[j][i] = of[i][j];
    }
    return matrix;
  }

  static constexpr auto A = a(), AT = transposed(a());
  static constexpr auto B = b(), BT = transposed(b());
  static constexpr auto G = g(), GT = transposed(g());
};

/// Row `kRow` of a matrix times the vectors x[0], x[step], ... Zeros of the matrix cost nothing.
template <const auto& kMatrix, size_t kRow, class Vector, size_t... kColumn>
GAN_INLINE void multiply_row(const Vector* x, size_t step, Vector& sum, std::index_sequence<kColumn...>) {
  constexpr size_t first = [] {
    size_t column = 0;
    while (kMatrix[kRow][column] == 0) ++column;
    return column;
  }();
  sum = kMatrix[kRow][first] * x[first * step];
  ((kColumn > first && kMatrix[kRow][kColumn] != 0 ? void(sum += kMatrix[kRow][kColumn] * x[kColumn * step]) : void()),
   ...);
}

template <const auto& kMatrix, class Vector, size_t... kRow>
GAN_INLINE void multiply_column(const Vector* x, size_t x_step, Vector* y, size_t y_step,
                                std::index_sequence<kRow...>) {
  constexpr size_t columns = std::tuple_size_v<std::remove_cvref_t<decltype(kMatrix[0])>>;
  (multiply_row<kMatrix, kRow>(x, x_step, y[kRow * y_step], std::make_index_sequence<columns>()), ...);
}

/// M X M^T for as many matrices X at once as a vector has numbers. get(i, j, vector) gives a number of each X,
/// put(i, j, vector) takes one of each result.
template <const auto& kMatrix, class Vector, class Get, class Put>
GAN_INLINE void transform(const Get& get, const Put& put) {
  constexpr size_t rows = std::tuple_size_v<std::remove_cvref_t<decltype(kMatrix)>>;
  constexpr size_t columns = std::tuple_size_v<std::remove_cvref_t<decltype(kMatrix[0])>>;
  Vector half[rows][columns];
  for (size_t j = 0; j < columns; ++j) {
    Vector x[columns];
    for (size_t i = 0; i < columns; ++i) get(i, j, x[i]);
    multiply_column<kMatrix>(x, 1, &half[0][j], columns, std::make_index_sequence<rows>());
  }
  for (size_t i = 0; i < rows; ++i) {
    Vector y[rows];
    multiply_column<kMatrix>(half[i], 1, y, 1, std::make_index_sequence<rows>());
    for (size_t j = 0; j < rows; ++j) put(i, j, y[j]);
  }
}

}  // namespace gan
