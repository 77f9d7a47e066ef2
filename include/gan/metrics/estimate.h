#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace gan {

/// A number computed from some images, and how far other images from the same source would move it: one standard
/// deviation.
struct Estimate {
  double value = 0;
  double error = 0;
};

/// The mean of a value for each image, any type [N], and the standard error of that mean.
Estimate mean_of(const at::Tensor& values);

/// The mean of what `statistic` gives for each of `parts` equal parts of 0, ..., n - 1 (the rest is left out), and its
/// standard error.
Estimate over_parts(int64_t n, int64_t parts, const std::function<double(int64_t begin, int64_t count)>& statistic);

/// `statistic` of all rows of `x` [N, ...], and its standard deviation over `draws` of N rows with replacement (the
/// bootstrap: Efron 1979). The draws are the same ones each time.
Estimate bootstrap(const at::Tensor& x, int64_t draws, const std::function<double(const at::Tensor& rows)>& statistic);

}  // namespace gan
