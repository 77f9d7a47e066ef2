#include "gan/metrics/classes.h"

#include <algorithm>
#include <cmath>

#include "gan/metrics/frechet_distance.h"

namespace gan {

namespace {
constexpr int64_t kParts = 10;
constexpr double kMissing = 0.1;  // of its share of the real images
}  // namespace

Estimate classifier_score(const at::Tensor& probabilities) {
  return over_parts(probabilities.size(0), kParts, [&](int64_t begin, int64_t count) {
    const at::Tensor p = probabilities.narrow(0, begin, count), mean = p.mean(0, /*keepdim=*/true);
    return std::exp((at::xlogy(p, p) - at::xlogy(p, mean)).sum(1).mean().item<double>());
  });
}

Estimate confidence(const at::Tensor& probabilities) {
  return mean_of(probabilities.amax(1));
}

LabelAccuracy label_accuracy(const at::Tensor& probabilities, const at::Tensor& labels) {
  const at::Tensor right = probabilities.argmax(1).eq(labels);
  LabelAccuracy accuracy{.mean = mean_of(right), .worst = {.value = 2}};
  for (int64_t label = 0; label <= labels.max().item<int64_t>(); ++label) {
    const at::Tensor of_class = right.masked_select(labels.eq(label));
    if (of_class.numel() == 0) continue;
    const Estimate share = mean_of(of_class);
    if (share.value < accuracy.worst.value) accuracy.worst = share;
  }
  return accuracy;
}

std::vector<double> class_distances(const at::Tensor& features, const at::Tensor& labels, const at::Tensor& real,
                                    const at::Tensor& real_labels) {
  constexpr int64_t kFewest = 10;
  std::vector<double> distances;
  for (int64_t label = 0; label <= labels.max().item<int64_t>(); ++label) {
    const auto of_class = [&](const at::Tensor& rows, const at::Tensor& of) {
      return rows.index_select(0, of.eq(label).nonzero().flatten());
    };
    const at::Tensor ours = of_class(features, labels), theirs = of_class(real, real_labels);
    if (std::min(ours.size(0), theirs.size(0)) < kFewest) continue;
    distances.push_back(frechet_distance(gaussian_of(ours), gaussian_of(theirs)));
  }
  return distances;
}

std::vector<double> class_shares(const at::Tensor& probabilities) {
  const at::Tensor counts = at::bincount(probabilities.argmax(1), {}, probabilities.size(1)).to(at::kDouble);
  const at::Tensor shares = (counts / static_cast<double>(probabilities.size(0))).contiguous();
  return {shares.const_data_ptr<double>(), shares.const_data_ptr<double>() + shares.numel()};
}

double class_distance(const std::vector<double>& shares, const std::vector<double>& real) {
  double sum = 0;
  for (size_t i = 0; i < shares.size(); ++i) sum += std::abs(shares[i] - real[i]);
  return sum / 2;
}

std::vector<int64_t> missing_classes(const std::vector<double>& shares, const std::vector<double>& real) {
  std::vector<int64_t> missing;
  for (size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] < kMissing * real[i]) missing.push_back(static_cast<int64_t>(i));
  }
  return missing;
}

}  // namespace gan
