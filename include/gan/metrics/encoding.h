#pragma once

#include <ATen/core/Tensor.h>

#include "gan/metrics/estimate.h"

namespace gan {

// What an encoder finds in images, held against their labels and against the prior.

/// The share of `latents` [N, F] whose nearest among `train` [M, F] (Euclidean) has their label; all float, labels
/// int64. As in Donahue et al. 2017, arXiv:1605.09782, table 1.
Estimate neighbour_accuracy(const at::Tensor& train, const at::Tensor& train_labels, const at::Tensor& latents,
                            const at::Tensor& labels);

/// How well categories found without labels match the classes: the share of images whose most probable category, of
/// [N, K], is the one given to their label, int64 [N] below C. Each category is given one class at most, and so that
/// the share is largest (an assignment problem, solved as by Kuhn 1955).
Estimate category_accuracy(const at::Tensor& probabilities, const at::Tensor& labels, int64_t classes);

/// The assignment of rows to columns, each column to one row at most, with the largest sum of `gains`, double [R, C]
/// with R <= C: the column of each row, int64 [R].
at::Tensor best_assignment(const at::Tensor& gains);

/// How far latents, float [N, F], are from those of the prior, [M, F]: the largest difference in a dimension between
/// their means, and between their standard deviations.
struct PriorDistance {
  double mean = 0, deviation = 0;
};
PriorDistance prior_distance(const at::Tensor& latents, const at::Tensor& prior);

}  // namespace gan
