#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// tanh, then the largest of each 2 x 2 pixels: taken the other way round, which gives the same numbers, since tanh
/// grows with its argument, for a quarter of the tanhs. With a gradient, which goes to the first of equal pixels. x:
/// float or bfloat16 [N, C, H, W] on the CPU, H and W even; gives [N, C, H / 2, W / 2], channels-last.
at::Tensor tanh_max_pool(const at::Tensor& x);

}  // namespace gan
