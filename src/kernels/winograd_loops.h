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
/// Where these are too few. Found by search: one more of them would round three times as much.
constexpr double kPairs[] = {0.3125, -0.3125, 0.75, -0.75, 1.25, -1.25, 2.5, -2.5};

template <size_t kRows, size_t kColumns>
using Matrix = std::array<std::array<float, kColumns>, kRows>;

template <size_t kRows, size_t kColumns>
constexpr Matrix<kColumns, kRows> transposed(const Matrix<kRows, kColumns>& of) {
  Matrix<kColumns, kRows> matrix{};
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kColumns; ++j) matrix[j][i] = of[i][j];
  }
  return matrix;
}

/// y = A^T ((G g) * (B^T d)) for taps g and input d (Lavin and Gray 2016, arXiv:1509.09308, equation 6).
template <size_t kOutputs, size_t kTaps>
struct Winograd {
  static constexpr size_t outputs = kOutputs, taps = kTaps, points = kOutputs + kTaps - 1;
  static_assert(points <= std::size(kPairs) + 1);

  static constexpr double at(size_t point) { return points <= std::size(kPoints) + 1 ? kPoints[point] : kPairs[point]; }
  /// The powers of each point: A, or G before its division.
  template <size_t kPowers>
  static constexpr std::array<std::array<double, kPowers>, points> powers() {
    std::array<std::array<double, kPowers>, points> matrix{};
    for (size_t point = 0; point + 1 < points; ++point) {
      double power = 1;
      for (size_t i = 0; i < kPowers; ++i, power *= at(point)) matrix[point][i] = power;
    }
    matrix[points - 1][kPowers - 1] = 1;
    return matrix;
  }
  /// What divides a point's product: its distance from each other point, multiplied.
  static constexpr double divisor(size_t point) {
    double product = 1;
    if (point + 1 == points) return product;
    for (size_t other = 0; other + 1 < points; ++other) {
      if (other != point) product *= at(point) - at(other);
    }
    return product;
  }
  /// The coefficients of the product of (x - other) over all other points.
  static constexpr std::array<double, points> polynomial(size_t point) {
    std::array<double, points> coefficients{1};
    for (size_t other = 0; other + 1 < points; ++other) {
      if (other == point) continue;
      for (size_t i = points - 1; i > 0; --i) coefficients[i] = coefficients[i - 1] - at(other) * coefficients[i];
      coefficients[0] *= -at(other);
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
  static constexpr auto A = a(), AT = transposed(a());
  static constexpr auto B = b(), BT = transposed(b());
  static constexpr auto G = g(), GT = transposed(g());
};

// Points come as p and -p, whose rows differ only in signs: the product with one is the sum of two parts, and with the
// other their difference. That halves the multiplications, of columns alike.

/// Where a row and the next one are such a pair.
template <size_t kRows, size_t kColumns>
constexpr std::array<bool, kRows> pairs_in(const Matrix<kRows, kColumns>& of) {
  std::array<bool, kRows> first{};
  for (size_t i = 0; i + 1 < kRows; ++i) {
    bool alike = i == 0 || !first[i - 1], differ = false;
    for (size_t j = 0; j < kColumns; ++j) {
      alike = alike && (of[i][j] == of[i + 1][j] || of[i][j] == -of[i + 1][j]);
      differ = differ || of[i][j] != of[i + 1][j];
    }
    first[i] = alike && differ;
  }
  return first;
}
/// The parts instead of the rows: what both have goes into the first, what has two signs into the second.
template <size_t kRows, size_t kColumns>
constexpr Matrix<kRows, kColumns> parts_of(const Matrix<kRows, kColumns>& of) {
  Matrix<kRows, kColumns> parts = of;
  for (size_t i = 0; i + 1 < kRows; ++i) {
    if (!pairs_in(of)[i]) continue;
    for (size_t j = 0; j < kColumns; ++j) {
      const bool both = of[i][j] == of[i + 1][j];
      parts[i][j] = both ? of[i][j] : 0;
      parts[i + 1][j] = both ? 0 : of[i][j];
    }
  }
  return parts;
}

template <const auto& kMatrix>
struct Halved {
  static constexpr auto rows = pairs_in(kMatrix), columns = pairs_in(transposed(kMatrix));
  static constexpr auto matrix = transposed(parts_of(transposed(parts_of(kMatrix))));
};

/// The sum and the difference of each pair, in its place.
template <const auto& kPairs, class Vector, size_t... kFirst>
GAN_INLINE void join_pairs(Vector* x, size_t step, std::index_sequence<kFirst...>) {
  const auto join = [](Vector& a, Vector& b) GAN_INLINED {
    const Vector sum = a + b;
    b = a - b;
    a = sum;
  };
  ((kPairs[kFirst] ? join(x[kFirst * step], x[(kFirst + 1) * step]) : void()), ...);
}

/// Row `kRow` of a matrix times the vectors x[0], x[1], ... Zeros of the matrix cost nothing.
template <const auto& kMatrix, size_t kRow, class Vector, size_t... kColumn>
GAN_INLINE void multiply_row(const Vector* x, Vector& sum, std::index_sequence<kColumn...>) {
  constexpr size_t first = [] {
    size_t column = 0;
    while (kMatrix[kRow][column] == 0) ++column;
    return column;
  }();
  sum = kMatrix[kRow][first] * x[first];
  ((kColumn > first && kMatrix[kRow][kColumn] != 0 ? void(sum += kMatrix[kRow][kColumn] * x[kColumn]) : void()), ...);
}

/// A matrix times a vector x, which is not kept.
template <const auto& kMatrix, class Vector, size_t... kRow>
GAN_INLINE void multiply(Vector* x, Vector* y, size_t y_step, std::index_sequence<kRow...> rows) {
  using H = Halved<kMatrix>;
  constexpr auto columns = std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<decltype(kMatrix[0])>>>();
  join_pairs<H::columns>(x, 1, columns);
  (multiply_row<H::matrix, kRow>(x, y[kRow * y_step], columns), ...);
  join_pairs<H::rows>(y, y_step, rows);
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
    multiply<kMatrix>(x, &half[0][j], columns, std::make_index_sequence<rows>());
  }
  for (size_t i = 0; i < rows; ++i) {
    Vector y[rows];
    multiply<kMatrix>(half[i], y, 1, std::make_index_sequence<rows>());
    for (size_t j = 0; j < rows; ++j) put(i, j, y[j]);
  }
}

}  // namespace gan
