#include "gan/device/instructions.h"

#include <ATen/Version.h>

#include <string>

namespace gan {

namespace {

Instructions best_here() {
#if defined(GAN_HAS_INSTRUCTIONS)
  const std::string capability = at::get_cpu_capability();
  const bool avx512 = capability.starts_with("AVX512"), avx2 = avx512 || capability == "AVX2";
  if (avx512 && __builtin_cpu_supports("x86-64-v4")) return Instructions::avx512;
  if (avx2 && __builtin_cpu_supports("x86-64-v3")) return Instructions::avx2;
#endif
  return Instructions::any;
}

}  // namespace

Instructions instructions() {
  static const Instructions best = best_here();
  return best;
}

}  // namespace gan
