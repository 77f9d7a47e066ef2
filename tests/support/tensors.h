#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace gan::test {

/// The largest difference of two tensors of one shape, relative to the largest expected number; infinite if `actual` is
/// not finite.
inline double distance(const at::Tensor& actual, const at::Tensor& expected) {
  TORCH_CHECK(actual.sizes() == expected.sizes(), "shapes differ: ", actual.sizes(), ", expected ", expected.sizes());
  const at::Tensor a = actual.detach().to(at::kDouble), e = expected.detach().to(at::kDouble);
  if (!at::isfinite(a).all().item<bool>()) return std::numeric_limits<double>::infinity();
  const auto largest = e.abs().max().item<double>(), difference = (a - e).abs().max().item<double>();
  return largest > 0 ? difference / largest : difference;
}

/// A copy without a graph, which requires a gradient or not.
inline at::Tensor leaf(const at::Tensor& tensor, bool requires_grad = true) {
  return tensor.detach().clone().set_requires_grad(requires_grad);
}

/// Sets LibTorch's number of threads during its lifetime.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;

 private:
  int before_;
};

/// Whether `compute`, which returns a list of tensors, returns the same bits with 1, 2 and 5 threads.
template <class Compute>
bool ignores_number_of_threads(const Compute& compute) {
  const auto with = [&](int count) {
    const Threads threads(count);
    return compute();
  };
  const std::vector<at::Tensor> one = with(1);
  const auto same = [&](const std::vector<at::Tensor>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](const at::Tensor& a, const at::Tensor& b) { return at::equal(a, b); });
  };
  return same(with(2)) && same(with(5));
}

}  // namespace gan::test
