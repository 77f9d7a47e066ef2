#pragma once

namespace gan {

/// Divides a weight, taken as a matrix [out, rest], by its largest singular value (Miyato et al. 2018,
/// arXiv:1802.05957). `u` [out] is the estimate of the left singular vector; in training, each call refines it by one
/// power iteration.
at::Tensor spectrally_normalised(const at::Tensor& weight, at::Tensor& u, bool training);

/// Layers that normalise their weight each time they use it. Their state holds "weight", as learned, and "u".
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
