#pragma once

#include <cstdint>

namespace gan {

/// c [rows, columns] = a [rows, depth] * b [depth, columns], by one thread. For matrices that are too small, and too
/// many, for a library's call each: nothing is copied or allocated. Each sum is over the depth in order, so the bits
/// do not depend on how rows and columns are split.
struct SmallProduct {
  const float* a;
  int64_t a_row, a_column;  ///< from one to the next, in numbers
  const float* b;
  int64_t b_row;
  float* c;
  int64_t c_row;
  int64_t rows, depth;
  bool adds = false;  ///< c + a * b instead
};

/// How many columns go together best.
constexpr int64_t kBestColumns = 32;

/// Computes the columns from `begin` to `end`, both multiples of 16.
void multiply(const SmallProduct& product, int64_t begin, int64_t end);

/// Whether `multiply` is as quick as a library's product: it needs AVX2, and a compiler that compiles it for that.
bool multiplies_quickly();

}  // namespace gan
