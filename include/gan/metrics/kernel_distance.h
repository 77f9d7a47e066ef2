#pragma once

#include "gan/metrics/estimate.h"

namespace gan {

/// The squared maximum mean discrepancy of two sets of features, double [N, F] and [M, F], with the kernel
/// (x . y / F + 1)^3 (Binkowski et al. 2018, arXiv:1801.01401): the mean over ten parts of both. Unbiased, so it can be
/// negative.
Estimate kernel_distance(const at::Tensor& a, const at::Tensor& b);

}  // namespace gan
