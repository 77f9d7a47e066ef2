#include "gan/metrics/neighbours.h"

#include <algorithm>
#include <vector>

#include "gan/base/stop.h"

namespace gan {

namespace {

constexpr int64_t kPrecision = 3, kDensity = 5;
constexpr double kNearerThan = 0.01;          // share of the real images
constexpr double kRounding = 1e-12;           // of |a|^2: the features were computed in float
constexpr int64_t kBlock = int64_t{1} << 24;  // distances in memory at once

/// Rows of x, and the sum of their squares.
struct Points {
  at::Tensor x, norms;
  explicit Points(const at::Tensor& rows) : x(rows), norms(rows.square().sum(1)) {}
  int64_t size() const { return x.size(0); }
};

/// Squared distances [count, b.size()] of rows of `a` to all of `b`: |b|^2 - 2 ab + |a|^2. That of a copy is exactly
/// 0, without rounding errors.
at::Tensor squared_distances(const Points& a, int64_t begin, int64_t count, const Points& b) {
  const at::Tensor norms = a.norms.narrow(0, begin, count).unsqueeze(1);
  const at::Tensor d = at::mm(a.x.narrow(0, begin, count), b.x.t()).mul_(-2).add_(b.norms).add_(norms);
  return d.mul_(d > kRounding * norms);
}

/// Calls visit(begin, count, squared distances [count, b.size()]) for blocks of rows of `a`.
template <class Visit>
void each_block(const Points& a, const Points& b, const Visit& visit) {
  const int64_t rows = std::max<int64_t>(1, kBlock / b.size());
  for (int64_t begin = 0; begin < a.size(); begin += rows) {
    throw_if_stopped();
    const int64_t count = std::min(rows, a.size() - begin);
    visit(begin, count, squared_distances(a, begin, count, b));
  }
}

/// Squared distances of each point to its third and fifth nearest neighbour.
struct Radii {
  at::Tensor third, fifth;
};

Radii radii_of(const Points& points) {
  std::vector<at::Tensor> third, fifth;
  each_block(points, points, [&](int64_t begin, int64_t count, const at::Tensor& d) {
    d.diagonal(begin).zero_();
    // The nearest one is the point itself.
    const at::Tensor least = std::get<0>(d.topk(kDensity + 1, 1, /*largest=*/false, /*sorted=*/true));
    third.push_back(least.select(1, kPrecision));
    fifth.push_back(least.select(1, kDensity));
  });
  return {at::cat(third), at::cat(fifth)};
}

}  // namespace

Manifold manifold(const at::Tensor& real, const at::Tensor& samples) {
  const Points reals(real), fakes(samples);
  const Radii of_reals = radii_of(reals), of_fakes = radii_of(fakes);
  std::vector<at::Tensor> in_real, in_balls;
  at::Tensor reached = at::zeros({reals.size()}, at::kBool), covered = reached.clone();
  each_block(fakes, reals, [&](int64_t begin, int64_t count, const at::Tensor& d) {
    in_real.push_back((d <= of_reals.third).any(1));
    const at::Tensor within = d < of_reals.fifth;
    in_balls.push_back(within.sum(1, /*keepdim=*/false, at::kDouble) / static_cast<double>(kDensity));
    covered.logical_or_(within.any(0));
    reached.logical_or_((d <= of_fakes.third.narrow(0, begin, count).unsqueeze(1)).any(0));
  });
  return {.precision = mean_of(at::cat(in_real)),
          .recall = mean_of(reached),
          .density = mean_of(at::cat(in_balls)),
          .coverage = mean_of(covered)};
}

Estimate pairwise_distance(const at::Tensor& features) {
  const Points points(features);
  std::vector<at::Tensor> means;
  each_block(points, points, [&](int64_t begin, int64_t, const at::Tensor& d) {
    d.diagonal(begin).zero_();
    means.push_back(d.sqrt().sum(1) / static_cast<double>(points.size() - 1));
  });
  Estimate mean = mean_of(at::cat(means));
  mean.error *= 2;  // each distance counts for both of its points
  return mean;
}

/// Computes with whole numbers, bytes - 128, so distances are exact. For 784 pixels the sums of products are below
/// 2^24, up to which floats hold every whole number, and so are squared distances below 32^2. Larger images need
/// doubles, and come in parts.
Nearest nearest(const at::Tensor& images, const at::Tensor& among, Itself itself) {
  constexpr int64_t kPart = int64_t{1} << 24;  // numbers
  const int64_t numbers = images[0].numel(), part = std::max<int64_t>(1, kPart / numbers),
                rank = itself == Itself::among ? 1 : 0;
  const auto type = numbers * 128 * 128 < (1 << 24) ? at::kFloat : at::kDouble;
  const auto points = [&](const at::Tensor& bytes) { return Points((bytes.flatten(1).to(type) - 128).contiguous()); };
  Nearest found{.distance = at::empty({images.size(0)}, at::kFloat), .index = at::empty({images.size(0)}, at::kLong)};
  for (int64_t first = 0; first < images.size(0); first += part) {
    const at::Tensor some = images.narrow(0, first, std::min(part, images.size(0) - first));
    const Points ours = points(some);
    at::Tensor least = at::empty({some.size(0), 0}, type), index = at::empty({some.size(0), 0}, at::kLong);
    for (int64_t begin = 0; begin < among.size(0); begin += part) {
      const Points others = points(among.narrow(0, begin, std::min(part, among.size(0) - begin)));
      std::vector<at::Tensor> distances, indices;
      each_block(ours, others, [&](int64_t, int64_t, const at::Tensor& d) {
        const auto [nearest, at] = d.topk(std::min<int64_t>(1 + rank, d.size(1)), 1, /*largest=*/false);
        distances.push_back(nearest), indices.push_back(at + begin);
      });
      const at::Tensor all = at::cat({least, at::cat(distances)}, 1),
                       all_indices = at::cat({index, at::cat(indices)}, 1);
      const auto [kept, at] = all.topk(std::min<int64_t>(1 + rank, all.size(1)), 1, /*largest=*/false, /*sorted=*/true);
      least = kept, index = all_indices.gather(1, at);
    }
    // a step of a byte is 2/255 of a pixel
    found.distance.narrow(0, first, some.size(0)).copy_(least.select(1, rank).sqrt() / 127.5);
    found.index.narrow(0, first, some.size(0)).copy_(index.select(1, rank));
  }
  return found;
}

Estimate memorised(const at::Tensor& distances, const at::Tensor& real_distances) {
  return mean_of(distances <= at::quantile(real_distances, kNearerThan));
}

}  // namespace gan
