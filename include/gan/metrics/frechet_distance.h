#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// Mean and covariance of some features.
struct Gaussian {
  at::Tensor mean;        ///< double [F]
  at::Tensor covariance;  ///< double [F, F], with N - 1 in the divisor
};
Gaussian gaussian_of(const at::Tensor& features);  ///< double [N, F], N of 2 or more

/// The squared Fréchet (2-Wasserstein) distance of two Gaussians, as Heusel et al. 2017 (arXiv:1706.08500) take it of
/// features: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). The last trace is that of (C1^(1/2) C2 C1^(1/2))^(1/2), which
/// is symmetric, so that a symmetric eigen-solver will do.
double frechet_distance(const Gaussian& a, const Gaussian& b);

}  // namespace gan
