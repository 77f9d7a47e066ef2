#pragma once

// Not with the address sanitizer: after ten minutes winograd.cpp was not compiled.
#if defined(__x86_64__) && !defined(__clang__) && __GNUC__ >= 12 && !defined(__SANITIZE_ADDRESS__)
#define GAN_HAS_INSTRUCTIONS
#endif

namespace gan {

/// What our kernels are compiled for: `any` alone without GAN_HAS_INSTRUCTIONS.
enum class Instructions { any, avx2, avx512 };

/// The best of this processor. ATEN_CPU_CAPABILITY=avx2 or default lowers it, as it does for LibTorch's kernels.
Instructions instructions();

}  // namespace gan
