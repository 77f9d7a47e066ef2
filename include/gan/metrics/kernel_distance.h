#pragma once

#include "gan/metrics/estimate.h"

namespace gan {

/// The squared maximum mean discrepancy of two sets of features, double [N, F] and [M, F], with the kernel
/// (x . y / F + 1)^3, unbiased, so that it may come out below 0 (Binkowski et al. 2018, arXiv:1801.01401): the mean
/// over ten parts of both.
Estimate kernel_distance(const at::Tensor& a, const at::Tensor& b);

}  // namespace gan
