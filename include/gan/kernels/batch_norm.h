#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// Batch norm with the statistics of the batch, then LeakyReLU (Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1):
///   y = leaky(scale * (x - mean) / sqrt(var + eps) + shift),  leaky(z) = z if z > 0, else slope * z
/// with mean and var of each channel over batch, height and width. Reads and writes the maps five times, forward and
/// backward together; LibTorch's layers do so ten times. Has a backward pass, and a double backward by x for gradient
/// penalties. The bits do not depend on the number of threads.
struct BatchNormLeakyRelu {
  at::Tensor scale, shift;               ///< float [C]
  at::Tensor running_mean, running_var;  ///< float [C]; updated with `momentum`
  double momentum = 0.1, eps = 1e-5;
  double slope = 0.2;  ///< of LeakyReLU, above 0

  /// x: float or bfloat16 [N, C, H, W] on the CPU. Returns the same type, channels-last.
  at::Tensor operator()(const at::Tensor& x) const;
};

}  // namespace gan
