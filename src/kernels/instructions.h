#pragma once

#include <cstdint>
#include <type_traits>

#define GAN_INLINE inline __attribute__((always_inline))
#define GAN_INLINED __attribute__((always_inline))  // for lambdas

// Not with a sanitizer: winograd.cpp would take it a quarter of an hour.
#if defined(__x86_64__) && !defined(__clang__) && __GNUC__ >= 12 && !defined(__SANITIZE_ADDRESS__)
#define GAN_HAS_INSTRUCTIONS
#endif

namespace gan {

/// What kernels are compiled for.
enum class Instructions { any, avx2, avx512 };

/// The best of this processor. ATEN_CPU_CAPABILITY=avx2 or default lowers it, as it does for LibTorch's kernels.
Instructions instructions();

/// How many floats a register holds.
template <int64_t kFloats>
using Width = std::integral_constant<int64_t, kFloats>;

#if defined(GAN_HAS_INSTRUCTIONS)
template <class Body>
[[gnu::target("arch=x86-64-v4")]] void run_with_avx512(const Body& body) {
  body(Width<16>());
}
template <class Body>
[[gnu::target("arch=x86-64-v3")]] void run_with_avx2(const Body& body) {
  body(Width<8>());
}
#endif

/// Calls body(Width) compiled for the processor's best instructions. The body is a lambda that is GAN_INLINED and calls
/// only what is inlined as well. Write plain loops, which the compiler vectorises, or use vectors of that width.
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
