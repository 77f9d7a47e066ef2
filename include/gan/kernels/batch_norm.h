#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// Batch norm by the statistics of the batch, then LeakyReLU (Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1):
///   y = leaky(scale * (x - mean) / sqrt(var + eps) + shift),  leaky(z) = z if z > 0, else slope * z
/// with mean and var of each channel over batch, height and width. LibTorch's layers read and write the maps ten times
/// in both directions, this five times. With gradients, of which that by x can be differentiated again, as a gradient
/// penalty asks; the same bits whatever the number of threads.
struct BatchNormLeakyRelu {
  at::Tensor scale, shift;               ///< float [C]
  at::Tensor running_mean, running_var;  ///< float [C]; move to this batch's by `momentum`
  double momentum = 0.1, eps = 1e-5;
  double slope = 0.2;  ///< of LeakyReLU, above 0

  /// x: float or bfloat16 [N, C, H, W] on the CPU; gives the same type, channels-last.
  at::Tensor operator()(const at::Tensor& x) const;
};

}  // namespace gan
