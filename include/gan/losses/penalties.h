#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// |dD/dx|^2 of each image, float [N], with a graph for the backward pass. `logits` [N, 1] come from `images` [N, ...],
/// which require a gradient, through layers with double backward (`Differentiable::twice`).
at::Tensor squared_gradients(const at::Tensor& logits, const at::Tensor& images);

/// The penalties, as means over the batch, before their weight:
///   R1 (at real images), R2 (at samples)  1/2 |dD/dx|^2     Mescheder et al. 2018, arXiv:1801.04406 (9), (10)
///   gradient penalty (between the two)    (|dD/dx| - 1)^2   Gulrajani et al. 2017, arXiv:1704.00028 (3)
at::Tensor zero_centred_penalty(const at::Tensor& squared_gradients);
at::Tensor one_centred_penalty(const at::Tensor& squared_gradients);

/// A random point on the line between each real image and its sample, both [N, C, H, W]. Requires a gradient.
at::Tensor between(const at::Tensor& real, const at::Tensor& fake);

}  // namespace gan
