#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// a [m, k] * b [k, n], of one type. Floats on the CPU by oneDNN, some 20 % quicker for large matrices than what
/// LibTorch takes; either matrix may be the transpose of one that lies in memory. No gradient.
at::Tensor product(const at::Tensor& a, const at::Tensor& b);

/// A linear layer by such products, with gradients: x [N, k] * weight^T [k, n] + bias [n].
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace gan
