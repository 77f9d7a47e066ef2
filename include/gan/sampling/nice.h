#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

#include "gan/base/choice.h"

namespace gan {

/// How --nice chooses: typical samples of every kind, or by D's logit alone, which loses kinds.
enum class NiceBy { typical, rank };
constexpr auto choices(NiceBy) {
  return std::array<Choice<NiceBy>, 2>{{{NiceBy::typical, "typical"}, {NiceBy::rank, "rank"}}};
}

/// The axes along which rows of `features`, float [N, F], vary most (principal component analysis), at most `most`:
/// float [F, axes].
at::Tensor principal_axes(const at::Tensor& features, int64_t most);

/// Of N candidates the `count` that are typical and together vary as all do, the indices in rising order. `points`,
/// float [N, F], are D's features along their principal axes, `logits`, float [N], what D makes of them; N is `count`
/// or more. N * N distances are computed, a few rows at a time.
///
///   1. The candidates are halved by the median along the axis on which they vary most, and so on, until there are
///      `count` leaves of N / count alike ones. Each leaf gives one, so every kind keeps its share.
///   2. Of each leaf stay the 30 % with the largest
///        0.5 (logit - mean) / std - (distance - mean) / std,
///      distance being the mean one to the ten nearest candidates: large where the generator draws nothing else, so
///      between kinds.
///   3. Of those the leaf gives the one that brings mean and covariance of all given ones, R / count, nearest to those
///   of
///      all candidates (herding: Chen, Welling and Smola 2010, arXiv:1203.3472, with features x and x x^T), in two
///      rounds.
std::vector<int64_t> typical_among(const at::Tensor& points, const at::Tensor& logits, int64_t count);

}  // namespace gan
