#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// LeakyReLU, then dropout (Srivastava et al. 2014) in training: y = leaky(x) / (1 - p), or 0 with probability p, which
/// is exact to 2^-17. One number of the default CPU generator is the key of Philox 4x32-10 (base/philox.h), whose
/// counter is an element's index: LibTorch's dropout draws each number in turn, and takes a sixth of a step of the
/// recipe mlp. Has a backward pass. x: float of any shape, contiguous, on the CPU; 0 <= p < 1.
at::Tensor leaky_relu_dropout(const at::Tensor& x, double slope, double p);

}  // namespace gan
