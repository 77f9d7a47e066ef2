#pragma once

#include <ATen/ATen.h>

namespace gan::test {

/// The same inputs as in tests/python/metrics_reference.py: double [n, features].
inline at::Tensor points(int64_t n, int64_t features, double shift) {
  const at::Tensor i = at::arange(n, at::kDouble).unsqueeze(1), j = at::arange(features, at::kDouble);
  return at::sin(1.3 * i * (j + 1) + j + shift) + 0.2 * shift * j;
}

}  // namespace gan::test
