#include "gan/metrics/kernel_distance.h"

#include <algorithm>

namespace gan {

namespace {

constexpr int64_t kParts = 10;

at::Tensor kernel(const at::Tensor& a, const at::Tensor& b) {
  return (a.matmul(b.t()) / static_cast<double>(a.size(1)) + 1).pow(3);
}

/// The mean of k(x, y) over all pairs of different rows.
at::Tensor mean_among(const at::Tensor& a) {
  const at::Tensor k = kernel(a, a);
  return (k.sum() - k.trace()) / static_cast<double>(a.size(0) * (a.size(0) - 1));
}

}  // namespace

Estimate kernel_distance(const at::Tensor& a, const at::Tensor& b) {
  return over_parts(std::min(a.size(0), b.size(0)), kParts, [&](int64_t begin, int64_t count) {
    const at::Tensor x = a.narrow(0, begin, count), y = b.narrow(0, begin, count);
    return (mean_among(x) + mean_among(y) - 2 * kernel(x, y).mean()).item<double>();
  });
}

}  // namespace gan
