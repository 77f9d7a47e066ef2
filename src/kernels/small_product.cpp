#include "small_product.h"

#include "vector.h"

namespace gan {

namespace {

/// One tile of c: kRows rows and kVectors * 16 columns from `row` and `column`, held in registers over the depth.
template <int kRows, int kVectors>
GAN_INLINE void multiply_tile(const SmallProduct& p, int64_t row, int64_t column) {
  Vector sums[kRows][kVectors] = {};
  if (p.adds) {
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kVectors; ++v) load(p.c + (row + r) * p.c_row + column + v * kVector, sums[r][v]);
    }
  }
  const float* a = p.a + row * p.a_row;
  const float* b = p.b + column;
  for (int64_t d = 0; d < p.depth; ++d, a += p.a_column, b += p.b_row) {
    Vector values[kVectors];
    for (int v = 0; v < kVectors; ++v) load(b + v * kVector, values[v]);
    for (int r = 0; r < kRows; ++r) {
      const float factor = a[r * p.a_row];
      for (int v = 0; v < kVectors; ++v) sums[r][v] += factor * values[v];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) store(sums[r][v], p.c + (row + r) * p.c_row + column + v * kVector);
  }
}

template <int kRows, int kVectors>
GAN_INLINE void multiply_columns(const SmallProduct& p, int64_t column) {
  int64_t row = 0;
  for (; row + kRows <= p.rows; row += kRows) multiply_tile<kRows, kVectors>(p, row, column);
  for (; row < p.rows; ++row) multiply_tile<1, kVectors>(p, row, column);
}

/// Tiles as large as the registers allow.
template <int kRows, int kVectors>
GAN_INLINE void multiply_by_tiles(const SmallProduct& p, int64_t begin, int64_t end) {
  int64_t column = begin;
  for (; column + kVectors * kVector <= end; column += kVectors * kVector) multiply_columns<kRows, kVectors>(p, column);
  for (; column < end; column += kVector) multiply_columns<kRows, 1>(p, column);
}

#if defined(GAN_HAS_CLONES)
[[gnu::target("arch=x86-64-v4")]] void multiply_with_avx512(const SmallProduct& p, int64_t begin, int64_t end) {
  multiply_by_tiles<8, 2>(p, begin, end);
}
[[gnu::target("arch=x86-64-v3")]] void multiply_with_avx2(const SmallProduct& p, int64_t begin, int64_t end) {
  multiply_by_tiles<4, 1>(p, begin, end);
}
#endif
void multiply_anywhere(const SmallProduct& p, int64_t begin, int64_t end) {
  multiply_by_tiles<2, 1>(p, begin, end);
}

using Multiply = void (*)(const SmallProduct&, int64_t, int64_t);

Multiply best_here() {
#if defined(GAN_HAS_CLONES)
  if (__builtin_cpu_supports("x86-64-v4")) return multiply_with_avx512;
  if (__builtin_cpu_supports("x86-64-v3")) return multiply_with_avx2;
#endif
  return multiply_anywhere;
}

const Multiply kBest = best_here();

}  // namespace

void multiply(const SmallProduct& product, int64_t begin, int64_t end) {
  kBest(product, begin, end);
}

bool multiplies_quickly() {
  return kBest != multiply_anywhere;
}

}  // namespace gan
