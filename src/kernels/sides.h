#pragma once

#include <c10/util/Exception.h>

#include <cstdint>

namespace gan {

/// The side of a convolution's result, as LibTorch computes it. Throws where the kernel is larger than the padded side.
inline int64_t shrunk(int64_t side, int64_t kernel, int64_t stride, int64_t padding) {
  TORCH_CHECK(side + 2 * padding >= kernel, "a kernel of ", kernel, " pixels is larger than maps of ", side,
              " with padding ", padding);
  return (side + 2 * padding - kernel) / stride + 1;
}

/// The same of a transposed convolution. Throws where nothing would be left.
inline int64_t grown(int64_t side, int64_t kernel, int64_t stride, int64_t padding) {
  const int64_t result = (side - 1) * stride - 2 * padding + kernel;
  TORCH_CHECK(result > 0, "padding ", padding, " leaves nothing of maps of ", side, " pixels");
  return result;
}

}  // namespace gan
