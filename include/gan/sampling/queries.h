#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "gan/models/latent_space.h"

namespace gan {

// What one can ask of a space of latents: rows to make samples of, float [N, size].

/// `frames` rows, 2 or more, on the way through `stops` [S, size], S >= 2, in equal steps; each leg is as long as the
/// others. A closed way leads back to the first stop, which is not shown twice. One-hot parts stay as the first stop
/// has them.
at::Tensor walk(const LatentSpace& space, const at::Tensor& stops, int64_t frames, bool closed);

/// The rows, and their sum times `weights` as the last one.
at::Tensor with_sum(const LatentSpace& space, const at::Tensor& rows, const std::vector<double>& weights);

/// One number of a part, from end to end: "code[0]=-2:2". Of a one-hot part the class: "category=0:9".
struct Traverse {
  std::string part;
  std::optional<int64_t> index;
  double from = 0, to = 0;
};

/// Each row `columns` times, one after the other, with that number in equal steps; of a one-hot part as many as
/// `classes_on` says. Throws Error for a part, an index or a class that there is not, and for numbers that no float
/// holds.
at::Tensor traversal(const LatentSpace& space, const at::Tensor& rows, const Traverse& traverse, int64_t columns);

/// How many columns show each class on the way; none if the part is not one-hot. Throws Error as `traversal` does.
std::optional<int64_t> classes_on(const LatentSpace& space, const Traverse& traverse);

}  // namespace gan
