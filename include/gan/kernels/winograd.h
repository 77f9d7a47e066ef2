#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// Convolutions with two to six times fewer multiplications, where tiles are whole (Winograd 1980; Lavin and Gray 2016,
/// arXiv:1509.09308). A tile of outputs is computed from a few more points than it has pixels; at each point all
/// channels are one matrix product. A convolution of stride 2 is the sum of four of stride 1, one for each parity of
/// row and column, with half the taps each. Rounds more than the sums as defined: by 4e-6 of the outputs (root mean
/// square), at most 6e-5 of the largest.
///
/// x: float [N, C_in, H, W] on the CPU; weight: float [C_out, C_in, k, k], for the transpose [C_in, C_out, k, k].
/// Fastest if both are channels-last; y always is. With a backward pass, and a double backward by x of winograd_conv
/// for gradient penalties. The bits do not depend on the number of threads.
at::Tensor winograd_conv(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);
at::Tensor winograd_conv_transpose(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);

/// Whether they pay, for x of any type: a float weight, k = 3, 4 or 5 with stride 1, or k = 4 with stride 2, channels
/// in multiples of 16 on both sides, a processor with AVX2, and maps that cut few tiles.
bool suits_winograd(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);
bool suits_winograd_transpose(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);

}  // namespace gan
