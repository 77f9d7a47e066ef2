#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <limits>

namespace gan::test {

/// The largest difference of two tensors of one shape, as a part of the largest expected number; infinite where one is
/// no number.
inline double distance(const at::Tensor& actual, const at::Tensor& expected) {
  TORCH_CHECK(actual.sizes() == expected.sizes(), "shapes differ: ", actual.sizes(), ", expected ", expected.sizes());
  const at::Tensor a = actual.detach().to(at::kDouble), e = expected.detach().to(at::kDouble);
  if (!at::isfinite(a).all().item<bool>()) return std::numeric_limits<double>::infinity();
  const auto largest = e.abs().max().item<double>(), difference = (a - e).abs().max().item<double>();
  return largest > 0 ? difference / largest : difference;
}

/// A copy that requires a gradient, or not.
inline at::Tensor leaf(const at::Tensor& tensor, bool requires_grad = true) {
  return tensor.detach().clone().set_requires_grad(requires_grad);
}

/// As long as it lives LibTorch computes with that many threads.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace gan::test
