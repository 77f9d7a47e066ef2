#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

#include "gan/base/choice.h"

namespace gan {

/// How --nice chooses: typical samples of every mode, or by D's logit alone, which loses modes.
enum class NiceBy { typical, rank };
constexpr auto choices(NiceBy) {
  return std::array<Choice<NiceBy>, 2>{{{NiceBy::typical, "typical"}, {NiceBy::rank, "rank"}}};
}

/// The axes along which rows of `features`, float [N, F], vary most (principal component analysis), at most `most`:
/// float [F, axes].
at::Tensor principal_axes(const at::Tensor& features, int64_t most);

/// Chooses `count` of N candidates that are typical and vary together as all do; returns their indices in rising order.
/// `points`, float [N, F], are D's features along their principal axes; `logits`, float [N], are D's. N >= `count`.
/// Computes N * N distances, a few rows at a time.
///
///   1. Split the candidates at the median along the axis on which they vary most, and so on, until there are `count`
///      leaves of N / count similar ones. Each leaf gives one, so every mode keeps its share.
///   2. In each leaf keep the 30 % with the largest
///        0.5 (logit - mean) / std - (distance - mean) / std,
///      where distance is the mean distance to the ten nearest candidates: large between modes.
///   3. From these take the one that brings mean and covariance of all chosen ones nearest to those of all candidates
///      (herding: Chen, Welling and Smola 2010, arXiv:1203.3472, with features x and x x^T), in two rounds.
std::vector<int64_t> typical_among(const at::Tensor& points, const at::Tensor& logits, int64_t count);

}  // namespace gan
