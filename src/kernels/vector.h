#pragma once

#include <cstring>

#include "loops.h"

namespace gan {

/// 16 floats, in as many registers as the instruction set needs. Passed by reference only: how one is passed by value
/// depends on the instruction set.
using Vector = float __attribute__((vector_size(64)));
constexpr int64_t kVector = 16;

#define GAN_INLINED \
  __attribute__((always_inline))  // for lambdas: each must be compiled for its caller's instruction set

GAN_INLINE void load(const float* from, Vector& to) {
  std::memcpy(&to, from, sizeof(Vector));
}
GAN_INLINE void store(const Vector& from, float* to) {
  std::memcpy(to, &from, sizeof(Vector));
}

/// The first `width` numbers of a vector; the others of `to` are 0.
GAN_INLINE void load(const float* from, int64_t width, Vector& to) {
  if (width == kVector) return load(from, to);
  to = Vector{};
  std::memcpy(&to, from, static_cast<size_t>(width) * sizeof(float));
}
GAN_INLINE void store(const Vector& from, int64_t width, float* to) {
  if (width == kVector) return store(from, to);
  std::memcpy(to, &from, static_cast<size_t>(width) * sizeof(float));
}

}  // namespace gan
