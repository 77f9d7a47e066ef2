#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace gan {

/// A number computed from images, and its standard error: the standard deviation over other images from the same
/// source.
struct Estimate {
  double value = 0;
  double error = 0;
};

/// The mean of one value an image, any type [N].
Estimate mean_of(const at::Tensor& values);

/// The mean of `statistic` over `parts` equal parts of 0, ..., n - 1; leaves out the rest.
Estimate over_parts(int64_t n, int64_t parts, const std::function<double(int64_t begin, int64_t count)>& statistic);

/// `statistic` of all rows of `x` [N, ...]. The error is its standard deviation over `draws` bootstrap samples (Efron
/// 1979), which are the same each time.
Estimate bootstrap(const at::Tensor& x, int64_t draws, const std::function<double(const at::Tensor& rows)>& statistic);

}  // namespace gan
