#include "gan/sampling/nice.h"

#include <algorithm>
#include <cmath>

#include "gan/base/random.h"

namespace gan {

namespace {

constexpr double kStay = 0.3;                 // of a leaf
constexpr double kLogits = 0.5;               // what D's logit weighs beside the distance
constexpr int64_t kNeighbours = 10;           // of a candidate
constexpr int64_t kRounds = 2;                // of herding
constexpr double kSecondMoments = 0.2;        // what they weigh beside the first
constexpr int64_t kBlock = int64_t{1} << 22;  // distances at once

at::Tensor axes_of_squares(const at::Tensor& squares, int64_t axes) {
  const at::Tensor vectors = std::get<1>(at::linalg_eigh(squares));  // the largest eigenvalue comes last
  return vectors.narrow(1, vectors.size(1) - axes, axes);
}

/// Splits `rows`, int64 [n], n >= count, into `count` leaves.
void split(const at::Tensor& points, const at::Tensor& rows, int64_t count, std::vector<at::Tensor>& leaves) {
  if (count == 1) {
    leaves.push_back(rows);
    return;
  }
  const at::Tensor x = points.index_select(0, rows);
  const at::Tensor along = x.matmul(principal_axes(x, 1)).flatten();
  const at::Tensor ordered = rows.index_select(0, std::get<1>(along.sort(/*stable=*/true, 0, /*descending=*/false)));
  const int64_t half = count / 2, begin = rows.size(0) * half / count;
  split(points, ordered.narrow(0, 0, begin), half, leaves);
  split(points, ordered.narrow(0, begin, rows.size(0) - begin), count - half, leaves);
}

/// The mean distance of each to its nearest others, float [N].
at::Tensor neighbour_distances(const at::Tensor& points) {
  const int64_t n = points.size(0), neighbours = std::min(kNeighbours, n - 1), rows = std::max<int64_t>(1, kBlock / n);
  const at::Tensor x = points - points.mean(0), norms = x.square().sum(1);
  const at::Tensor block = at::empty({std::min(rows, n), n});  // one for all: many large ones scatter the heap
  std::vector<at::Tensor> means;
  for (int64_t begin = 0; begin < n; begin += rows) {
    const int64_t count = std::min(rows, n - begin);
    at::Tensor squares = block.narrow(0, 0, count);  // |x - y|^2 - |x|^2
    at::addmm_out(squares, norms, x.narrow(0, begin, count), x.t(), 1, -2);
    // The nearest of all is the point itself.
    const at::Tensor least = std::get<0>(squares.topk(neighbours + 1, 1, /*largest=*/false));
    const at::Tensor distances = (least + norms.narrow(0, begin, count).unsqueeze(1)).clamp_min(0).sqrt();
    means.push_back(distances.sum(1) / static_cast<double>(std::max<int64_t>(1, neighbours)));
  }
  return at::cat(means);
}

at::Tensor standardised(const at::Tensor& values) {
  return (values - values.mean()) / values.std(/*unbiased=*/false).clamp_min(1e-12);
}

/// Sums of x and x x^T over what has been chosen, less what as many of all candidates would have.
class Herd {
 public:
  /// Of all candidates, [N, F], with mean 0.
  explicit Herd(const at::Tensor& all)
      : second_moment_(all.t().matmul(all) / static_cast<double>(all.size(0))),
        first_(at::zeros({all.size(1)})),
        second_(at::zeros_like(second_moment_)) {}

  void expect_one_more() { second_ -= second_moment_; }

  /// What |first + x|^2 + w |second + x x^T|^2 has beyond its value without x, for rows x [n, F]: [n].
  at::Tensor costs(const at::Tensor& x) const {
    const at::Tensor square = x.square().sum(1);
    return 2 * x.mv(first_) + square + kSecondMoments * (2 * x.mm(second_).mul(x).sum(1) + square.square());
  }

  void add(const at::Tensor& x, double times) {
    first_.add_(x, times);
    second_.addr_(x, x, 1, times);
  }

 private:
  at::Tensor second_moment_, first_, second_;
};

/// One of each leaf's rows.
std::vector<int64_t> herd(const at::Tensor& points, const std::vector<at::Tensor>& leaves) {
  const at::Tensor centred = points - points.mean(0);
  const at::Tensor x = centred / centred.square().mean().sqrt().clamp_min(1e-12);
  Herd chosen(x);
  std::vector<int64_t> given(leaves.size(), -1);
  // Not in the leaves' order, in which neighbours follow one another.
  const at::Tensor order = at::randperm(static_cast<int64_t>(leaves.size()), make_generator(0), at::kLong);
  for (int64_t round = 0; round < kRounds; ++round) {
    for (int64_t at = 0; at < order.numel(); ++at) {
      const auto i = static_cast<size_t>(order[at].item<int64_t>());
      if (round == 0) {
        chosen.expect_one_more();
      } else {
        chosen.add(x[given[i]], -1);
      }
      const at::Tensor costs = chosen.costs(x.index_select(0, leaves[i]));
      given[i] = leaves[i][costs.argmin().item<int64_t>()].item<int64_t>();
      chosen.add(x[given[i]], 1);
    }
  }
  return given;
}

}  // namespace

at::Tensor principal_axes(const at::Tensor& features, int64_t most) {
  const at::Tensor x = (features - features.mean(0)).to(at::kDouble);
  const int64_t rows = x.size(0), columns = x.size(1), axes = std::min({most, rows, columns});
  if (columns <= rows) return axes_of_squares(x.t().matmul(x), axes).to(features.scalar_type());
  // x^T of x x^T's eigenvectors are those of x^T x, up to their lengths.
  const at::Tensor vectors = x.t().matmul(axes_of_squares(x.matmul(x.t()), axes));
  return (vectors / vectors.norm(2, 0, /*keepdim=*/true).clamp_min(1e-12)).to(features.scalar_type());
}

std::vector<int64_t> typical_among(const at::Tensor& points, const at::Tensor& logits, int64_t count) {
  TORCH_CHECK(count >= 1 && points.size(0) >= count, "typical_among: fewer candidates than are wanted");
  std::vector<at::Tensor> leaves;
  split(points, at::arange(points.size(0)), count, leaves);
  const at::Tensor scores = kLogits * standardised(logits) - standardised(neighbour_distances(points));
  for (at::Tensor& leaf : leaves) {
    const auto stay = static_cast<int64_t>(std::ceil(kStay * static_cast<double>(leaf.size(0))));
    leaf = leaf.index_select(0, std::get<1>(scores.index_select(0, leaf).topk(stay)));
  }
  std::vector<int64_t> given = herd(points, leaves);
  std::sort(given.begin(), given.end());
  return given;
}

}  // namespace gan
