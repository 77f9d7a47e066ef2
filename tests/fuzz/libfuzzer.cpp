// The entry point of libFuzzer (https://llvm.org/docs/LibFuzzer.html) for the target GAN_FUZZ_TARGET.

#include <cstddef>
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gan::fuzz::GAN_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
