#pragma once

#include "gan/networks/architecture.h"

namespace gan {

// Virtual batch norm (Salimans et al. 2016, arXiv:1606.03498, section 3.5): an example is normalised by the statistics
// of a reference batch, drawn once, and of itself, so that it does not depend on its own batch. Three kinds of layer
// make it: the first puts the reference batch before x, the norms take statistics from it, the last drops it.

/// [N, inputs] -> [kReferenceBatch + N, inputs].
class ReferenceImpl : public torch::nn::Module {
 public:
  explicit ReferenceImpl(int64_t inputs)
      : torch::nn::Module("Reference"), batch_(register_buffer("batch", at::zeros({kReferenceBatch, inputs}))) {}

  at::Tensor forward(const at::Tensor& x) { return at::cat({batch_.to(x.scalar_type()), x}); }
  Dict arguments() const { return {{{"inputs", batch_.size(1)}}}; }

 private:
  at::Tensor batch_;
};
TORCH_MODULE(Reference);

/// Normalises each channel of [kReferenceBatch + N, C, ...]; scale and shift are learned.
class VirtualBatchNormImpl : public torch::nn::Module {
 public:
  VirtualBatchNormImpl(int64_t channels, double eps)
      : torch::nn::Module("VirtualBatchNorm"),
        weight_(register_parameter("weight", at::ones({channels}))),
        bias_(register_parameter("bias", at::zeros({channels}))),
        eps_(eps) {}

  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor wide = x.to(at::kFloat);
    const at::Tensor reference = wide.narrow(0, 0, kReferenceBatch), own = wide.slice(0, kReferenceBatch);
    const Moments all = mean_over_batch(moments(reference)), each = moments(own);
    constexpr double kOwn = 1.0 / (kReferenceBatch + 1);
    const Moments both{at::lerp(all.first, each.first, kOwn), at::lerp(all.second, each.second, kOwn)};
    return at::cat({normalised(reference, all), normalised(own, both)}).to(x.scalar_type());
  }
  Dict arguments() const { return {{{"channels", weight_.size(0)}, {"eps", eps_}}}; }

  struct Moments {
    at::Tensor first, second;  ///< of x and of its square, [N or 1, C, 1, ...]
  };
  /// Over the reference batch [kReferenceBatch, C, ...], without what follows it.
  static Moments moments_of_reference(const at::Tensor& x) { return mean_over_batch(moments(x)); }

 private:
  static Moments moments(const at::Tensor& x) {
    if (x.dim() == 2) return {x, x.square()};
    return {x.mean({2, 3}, /*keepdim=*/true), x.square().mean({2, 3}, /*keepdim=*/true)};
  }
  static Moments mean_over_batch(const Moments& of_each) {
    return {of_each.first.mean(0, /*keepdim=*/true), of_each.second.mean(0, /*keepdim=*/true)};
  }
  at::Tensor normalised(const at::Tensor& x, const Moments& by) const {
    std::vector<int64_t> one_a_channel(static_cast<size_t>(x.dim()), 1);
    one_a_channel[1] = -1;
    const at::Tensor variance = (by.second - by.first.square()).clamp_min(0);
    const at::Tensor scale = weight_.view(one_a_channel) * (variance + eps_).rsqrt();
    return (x - by.first) * scale + bias_.view(one_a_channel);
  }

  at::Tensor weight_, bias_;
  double eps_;
};
TORCH_MODULE(VirtualBatchNorm);

/// [kReferenceBatch + N, ...] -> [N, ...].
class WithoutReferenceImpl : public torch::nn::Module {
 public:
  WithoutReferenceImpl() : torch::nn::Module("WithoutReference") {}

  at::Tensor forward(const at::Tensor& x) { return x.slice(0, kReferenceBatch); }
};
TORCH_MODULE(WithoutReference);

}  // namespace gan
