#include "gan/metrics/frechet_distance.h"

namespace gan {

namespace {

/// Of a positive semidefinite matrix; rounding may make eigenvalues slightly negative.
at::Tensor square_root(const at::Tensor& matrix) {
  const auto [values, vectors] = at::linalg_eigh(matrix);
  return (vectors * values.clamp_min(0).sqrt()).matmul(vectors.t());
}

}  // namespace

Gaussian gaussian_of(const at::Tensor& features) {
  return {features.mean(0), at::cov(features.t()).view({features.size(1), features.size(1)})};
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  const at::Tensor root = square_root(a.covariance);
  const at::Tensor product = root.matmul(b.covariance).matmul(root);
  const at::Tensor shared = at::linalg_eigvalsh((product + product.t()) / 2).clamp_min(0).sqrt().sum();
  const at::Tensor distance =
      (a.mean - b.mean).square().sum() + a.covariance.trace() + b.covariance.trace() - 2 * shared;
  return distance.item<double>();
}

}  // namespace gan
