#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// LeakyReLU, then dropout (Srivastava et al. 2014) in training: y = leaky(x) / (1 - p), or 0 with probability p, to
/// within 2^-17. Which numbers are dropped follows from their place and one number of the default CPU generator, by
/// Philox 4x32-10 (base/philox.h) instead of a draw for each: LibTorch's dropout takes a sixth of a step of the recipe
/// mlp for its draws. With a gradient. x: float of any shape, contiguous, on the CPU; 0 <= p < 1.
at::Tensor leaky_relu_dropout(const at::Tensor& x, double slope, double p);

}  // namespace gan
