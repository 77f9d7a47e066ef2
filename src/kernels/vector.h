#pragma once

#include <cstdint>

#include "dispatch.h"

namespace gan {

/// A register of floats. Passed by reference only: how one is passed by value depends on the instructions.
template <int64_t kWidth>
struct RegisterOf {
  typedef float type __attribute__((vector_size(kWidth * sizeof(float))));
  typedef float anywhere __attribute__((vector_size(kWidth * sizeof(float)), aligned(sizeof(float)), may_alias));
};
template <int64_t kWidth>
using Register = typename RegisterOf<kWidth>::type;

/// Rows of numbers come in multiples of this: a cache line, whole registers of any width.
constexpr int64_t kLine = 16;

// Not by memcpy, which GCC 12 splits in two halves of a register with AVX2.
template <class Vector>
GAN_INLINE void load(const float* from, Vector& to) {
  to = *reinterpret_cast<const typename RegisterOf<sizeof(Vector) / sizeof(float)>::anywhere*>(from);
}
template <class Vector>
GAN_INLINE void store(const Vector& from, float* to) {
  *reinterpret_cast<typename RegisterOf<sizeof(Vector) / sizeof(float)>::anywhere*>(to) = from;
}

/// The next multiple of kLine.
constexpr int64_t whole_lines(int64_t count) {
  return (count + kLine - 1) / kLine * kLine;
}

}  // namespace gan
