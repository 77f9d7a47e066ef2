#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// Convolutions as matrix products, with a backward pass; conv_product also has a double backward by x for gradient
/// penalties. oneDNN's kernels are several times slower where one side has few channels (images), and a third slower
/// for small maps with many channels (the first layer of a generator).
///
///   conv            y [N H' W', C_out] = columns(x) [N H' W', k k C_in] * weight^T [k k C_in, C_out]
///   conv transpose  columns [N H W, k k C_out] = x [N H W, C_in] * weight [C_in, k k C_out], y = sum(columns)
/// in blocks of rows that stay in the cache, where there are few columns. A row of columns holds the k x k pixels of
/// the larger map that one pixel of the smaller map sees, and sum adds up the columns at each pixel.
///
/// x: float or bfloat16 [N, C_in, H, W], on the CPU; `weight` of the same type, [C_out, C_in, k, k], for the transpose
/// [C_in, C_out, k, k]. Fastest if both are channels-last; y always is.
at::Tensor conv_product(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);
at::Tensor conv_transpose_product(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);

/// conv2d, with padding (k - 1) / 2 and stride 1, of x upsampled by 2 (nearest), without upsampling it. Neighbouring
/// taps see the same pixel, so for each of the four kinds of output pixel (even or odd row and column) the taps add up
/// to a smaller kernel on x: 3 x 3 for 5 x 5. Compare Shi et al. 2016, arXiv:1609.07009. x [N, C_in, H, W], weight
/// [C_out, C_in, k, k], k odd; the weight may be float where x is bfloat16. Returns [N, C_out, 2 H, 2 W].
at::Tensor conv_of_upsampled(const at::Tensor& x, const at::Tensor& weight);

}  // namespace gan
