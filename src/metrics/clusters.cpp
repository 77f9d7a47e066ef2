#include "gan/metrics/clusters.h"

#include "gan/base/random.h"
#include "gan/base/stop.h"

namespace gan {

namespace {

/// Squared distances of rows to centres, [N, k].
at::Tensor squared_distances(const at::Tensor& rows, const at::Tensor& centres) {
  const at::Tensor norms = rows.square().sum(1, /*keepdim=*/true);
  return (norms - 2 * at::mm(rows, centres.t()) + centres.square().sum(1)).clamp_min(0);
}

/// Each centre is a row, drawn in proportion to its squared distance to the nearest centre so far.
at::Tensor first_centres(const at::Tensor& rows, int64_t k, const at::Generator& generator) {
  at::Tensor centres = rows.index_select(0, at::randint(rows.size(0), {1}, generator, at::kLong));
  at::Tensor distances = squared_distances(rows, centres).squeeze(1);
  while (centres.size(0) < k) {
    const bool all_alike = distances.sum().item<double>() == 0;
    const at::Tensor weights = all_alike ? at::ones_like(distances) : distances;
    const at::Tensor next = rows.index_select(0, at::multinomial(weights, 1, /*replacement=*/false, generator));
    centres = at::cat({centres, next});
    distances = at::minimum(distances, squared_distances(rows, next).squeeze(1));
  }
  return centres;
}

}  // namespace

at::Tensor nearest_centre(const at::Tensor& rows, const at::Tensor& centres) {
  return squared_distances(rows, centres).argmin(1);
}

at::Tensor k_means(const at::Tensor& rows, int64_t k) {
  constexpr int64_t kRounds = 25;
  TORCH_CHECK(k >= 1 && rows.size(0) >= k, "k_means: fewer rows than groups");
  at::Tensor centres = first_centres(rows, k, make_generator(0));
  for (int64_t round = 0; round < kRounds; ++round) {
    throw_if_stopped();
    const at::Tensor nearest = nearest_centre(rows, centres);
    const at::Tensor counts = at::bincount(nearest, {}, k), sums = at::zeros_like(centres).index_add_(0, nearest, rows);
    const at::Tensor means = sums / counts.clamp_min(1).unsqueeze(1);
    centres = at::where(counts.gt(0).unsqueeze(1), means, centres);  // one that no row is nearest to stays
  }
  return centres;
}

}  // namespace gan
