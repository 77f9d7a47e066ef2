#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

/// Mean and covariance of features.
struct Gaussian {
  at::Tensor mean;        ///< double [F]
  at::Tensor covariance;  ///< double [F, F], divided by N - 1
};
Gaussian gaussian_of(const at::Tensor& features);  ///< double [N, F], N >= 2

/// The squared Fréchet (2-Wasserstein) distance of two Gaussians, used for features by Heusel et al. 2017
/// (arXiv:1706.08500): |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). Computes the last trace from
/// (C1^(1/2) C2 C1^(1/2))^(1/2), which has the same trace and is symmetric.
double frechet_distance(const Gaussian& a, const Gaussian& b);

}  // namespace gan
