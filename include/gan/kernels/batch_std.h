#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// The standard deviation over the batch, averaged over all other numbers of a sample (Karras et al. 2018,
/// arXiv:1710.10196, section 3): mean over j of sqrt(variance over i of x_ij + 1e-8). x: float [N, ...] on the CPU,
/// each sample's numbers without gaps. Returns a single number. Has a backward pass, and a double backward for gradient
/// penalties. LibTorch's var() reads the batch one number at a time: a tenth of a step of the recipe dcgan.
at::Tensor mean_std_over_batch(const at::Tensor& x);

}  // namespace gan
