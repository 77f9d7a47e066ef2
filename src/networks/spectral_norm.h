#pragma once

namespace gan {

/// The weight by its largest singular value, weight being a matrix [out, all others] (Miyato et al. 2018,
/// arXiv:1802.05957). `u` [out] is the left singular vector as far as it is known; in training one power iteration
/// moves it on.
at::Tensor spectrally_normalised(const at::Tensor& weight, at::Tensor& u, bool training);

/// Layers whose weight is so normalised each time it is used. Their state has "weight", as learned, and "u".
class SpectralConv2dImpl : public torch::nn::Conv2dImpl {
 public:
  explicit SpectralConv2dImpl(const torch::nn::Conv2dOptions& options);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor u_;
};
TORCH_MODULE(SpectralConv2d);

class SpectralLinearImpl : public torch::nn::LinearImpl {
 public:
  explicit SpectralLinearImpl(const torch::nn::LinearOptions& options);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor u_;
};
TORCH_MODULE(SpectralLinear);

}  // namespace gan
