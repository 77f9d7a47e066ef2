#include "gan/metrics/estimate.h"

#include <cmath>
#include <vector>

#include "gan/base/random.h"
#include "gan/base/stop.h"

namespace gan {

Estimate mean_of(const at::Tensor& values) {
  const at::Tensor numbers = values.to(at::kDouble);
  const auto n = static_cast<double>(numbers.numel());
  return {numbers.mean().item<double>(), n > 1 ? numbers.std().item<double>() / std::sqrt(n) : 0};
}

Estimate over_parts(int64_t n, int64_t parts, const std::function<double(int64_t, int64_t)>& statistic) {
  std::vector<double> values;
  for (int64_t i = 0; i < parts; ++i) {
    throw_if_stopped();
    values.push_back(statistic(i * (n / parts), n / parts));
  }
  return mean_of(at::tensor(values, at::kDouble));
}

Estimate bootstrap(const at::Tensor& x, int64_t draws, const std::function<double(const at::Tensor&)>& statistic) {
  const at::Generator generator = make_generator(0);
  const int64_t n = x.size(0);
  std::vector<double> values;
  for (int64_t i = 0; i < draws; ++i) {
    throw_if_stopped();
    values.push_back(statistic(x.index_select(0, at::randint(n, {n}, generator, at::kLong))));
  }
  return {statistic(x), at::tensor(values, at::kDouble).std().item<double>()};
}

}  // namespace gan
