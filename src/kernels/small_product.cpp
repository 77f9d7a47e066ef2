#include "small_product.h"

#include "vector.h"

namespace gan {

namespace {

/// One tile of c: kRows rows and kVectors registers of columns from `row` and `column`, held over the depth.
template <int kRows, int kVectors, int64_t kWidth>
GAN_INLINE void multiply_tile(const SmallProduct& p, int64_t row, int64_t column) {
  using Vector = Register<kWidth>;
  Vector sums[kRows][kVectors] = {};
  if (p.adds) {
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kVectors; ++v) load(p.c + (row + r) * p.c_row + column + v * kWidth, sums[r][v]);
    }
  }
  const float* a = p.a + row * p.a_row;
  const float* b = p.b + column;
  for (int64_t d = 0; d < p.depth; ++d, a += p.a_column, b += p.b_row) {
    Vector values[kVectors];
    for (int v = 0; v < kVectors; ++v) load(b + v * kWidth, values[v]);
    for (int r = 0; r < kRows; ++r) {
      const float factor = a[r * p.a_row];
      for (int v = 0; v < kVectors; ++v) sums[r][v] += factor * values[v];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) store(sums[r][v], p.c + (row + r) * p.c_row + column + v * kWidth);
  }
}

/// Columns in tiles of kRows rows, the last rows in smaller ones.
template <int kRows, int kVectors, int64_t kWidth>
GAN_INLINE void multiply_columns(const SmallProduct& p, int64_t column) {
  int64_t row = 0;
  for (; row + kRows <= p.rows; row += kRows) multiply_tile<kRows, kVectors, kWidth>(p, row, column);
  if constexpr (kRows > 4) {
    for (; row + 4 <= p.rows; row += 4) multiply_tile<4, kVectors, kWidth>(p, row, column);
  }
  for (; row < p.rows; ++row) multiply_tile<1, kVectors, kWidth>(p, row, column);
}

/// Tiles as large as the registers allow: 32 of them with AVX-512, else 16, of which a tile leaves some for a and b.
GAN_INLINE void multiply_by_tiles(const SmallProduct& p, int64_t begin, int64_t end, Width<16>) {
  int64_t column = begin;
  for (; column + 32 <= end; column += 32) multiply_columns<8, 2, 16>(p, column);
  for (; column < end; column += kLine) multiply_columns<8, 1, 16>(p, column);
}
GAN_INLINE void multiply_by_tiles(const SmallProduct& p, int64_t begin, int64_t end, Width<8>) {
  for (int64_t column = begin; column < end; column += kLine) multiply_columns<6, 2, 8>(p, column);
}
GAN_INLINE void multiply_by_tiles(const SmallProduct& p, int64_t begin, int64_t end, Width<4>) {
  for (int64_t column = begin; column < end; column += kLine) multiply_columns<2, 4, 4>(p, column);
}

}  // namespace

void multiply(const SmallProduct& product, int64_t begin, int64_t end) {
  with_best_instructions([&](auto width) GAN_INLINED { multiply_by_tiles(product, begin, end, width); });
}

bool multiplies_quickly() {
  return instructions() != Instructions::any;
}

}  // namespace gan
