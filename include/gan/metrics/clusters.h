#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gan {

/// Centres of k groups of like rows, float [k, F], of rows, float [N, F], N >= k: k-means (Lloyd 1982, "Least squares
/// quantization in PCM"), begun with centres that are far apart (k-means++: Arthur and Vassilvitskii 2007). The same
/// each time. A group is empty only if rows are alike.
at::Tensor k_means(const at::Tensor& rows, int64_t k);

/// The nearest centre of each row, int64 [N].
at::Tensor nearest_centre(const at::Tensor& rows, const at::Tensor& centres);

}  // namespace gan
