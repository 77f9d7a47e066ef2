#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// Convolutions as one matrix product, with gradients. oneDNN's own kernels are several times slower where one side has
/// few channels (images), and slower by a third from small wide maps to others (the first layer of a generator).
/// conv_product's gradient by x can be differentiated again, as a gradient penalty asks.
///
///   conv            y [N H' W', C_out] = columns(x) [N H' W', k k C_in] * weight^T [k k C_in, C_out]
///   conv transpose  columns [N H W, k k C_out] = x [N H W, C_in] * weight [C_in, k k C_out], y = what they add up to
/// where a row of columns is the k x k pixels that one pixel of the smaller map sees of the larger one.
///
/// x: float or bfloat16 [N, C_in, H, W], on the CPU; `weight` of the same type, [C_out, C_in, k, k], for the transpose
/// [C_in, C_out, k, k]. Quickest where both are channels-last; y is.
at::Tensor conv_product(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);
at::Tensor conv_transpose_product(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);

/// conv2d, with padding (k - 1) / 2 and stride 1, of x enlarged twice by repetition, without enlarging it: as
/// neighbouring taps see the same pixel, the taps of each of the four kinds of output pixel (even or odd row and
/// column) add up to a kernel on x itself. Of 5 x 5 taps 3 x 3 remain. Shi et al. 2016 (arXiv:1609.07009) have the
/// other half of this thought. x [N, C_in, H, W], weight [C_out, C_in, k, k], k odd, which may be
/// float where x is bfloat16; gives [N, C_out, 2 H, 2 W].
at::Tensor conv_of_upsampled(const at::Tensor& x, const at::Tensor& weight);

}  // namespace gan
