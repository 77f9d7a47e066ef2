#pragma once

#include <cstdint>
#include <type_traits>

#include "gan/device/instructions.h"

#define GAN_INLINE inline __attribute__((always_inline))
#define GAN_INLINED __attribute__((always_inline))  // for lambdas

namespace gan {

/// How many floats a register holds.
template <int64_t kFloats>
using Width = std::integral_constant<int64_t, kFloats>;

#if defined(GAN_HAS_INSTRUCTIONS)
template <class Body>
[[gnu::target("arch=x86-64-v4"), gnu::noinline, gnu::noclone]] void run_with_avx512(const Body& body) {
  body(Width<16>());
}
template <class Body>
[[gnu::target("arch=x86-64-v3"), gnu::noinline, gnu::noclone]] void run_with_avx2(const Body& body) {
  body(Width<8>());
}
#endif

/// Calls body(Width) compiled for the processor's best instructions. The body is a lambda that is GAN_INLINED; so is,
/// or is GAN_INLINE, all that it calls and that has loops or handles vectors. Write plain loops, which the compiler
/// vectorises, or use vectors of that width.
template <class Body>
void with_best_instructions(const Body& body) {
#if defined(GAN_HAS_INSTRUCTIONS)
  switch (instructions()) {
    case Instructions::avx512:
      return run_with_avx512(body);
    case Instructions::avx2:
      return run_with_avx2(body);
    case Instructions::any:
      break;
  }
#endif
  body(Width<4>());
}

}  // namespace gan
