#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// tanh, then 2 x 2 max pooling. Pools first: tanh is monotonic, so the result is the same for a quarter of the tanhs.
/// Has a backward pass; the first of equal pixels gets the gradient. x: float or bfloat16 [N, C, H, W] on the CPU, H
/// and W even. Returns [N, C, H / 2, W / 2], channels-last.
at::Tensor tanh_max_pool(const at::Tensor& x);

}  // namespace gan
