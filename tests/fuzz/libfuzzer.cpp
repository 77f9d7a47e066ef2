// One target as libFuzzer wants it (https://llvm.org/docs/LibFuzzer.html); GAN_FUZZ_TARGET names it.

#include <cstddef>
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gan::fuzz::GAN_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
