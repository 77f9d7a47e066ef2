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

/// The next multiple of kVector.
constexpr int64_t whole_vectors(int64_t count) {
  return (count + kVector - 1) / kVector * kVector;
}

}  // namespace gan
