#include "spectral_norm.h"

namespace gan {

namespace {

at::Tensor unit(const at::Tensor& vector) {
  constexpr double kTiny = 1e-12;  // a weight may be all zeros
  return vector / vector.norm().clamp_min(kTiny);
}

at::Tensor random_unit(int64_t size) {
  return unit(at::randn({size}));
}

}  // namespace

at::Tensor spectrally_normalised(const at::Tensor& weight, at::Tensor& u, bool training) {
  const at::Tensor matrix = weight.flatten(1);
  at::Tensor v;
  {
    const torch::NoGradGuard no_grad;
    v = unit(at::mv(matrix.t(), u));
    if (training) u.copy_(unit(at::mv(matrix, v)));
  }
  // Clones u: the graph keeps the clone, while the next forward pass changes u.
  const at::Tensor largest = at::dot(u.clone(), at::mv(matrix, v));
  return weight / largest.clamp_min(1e-12);
}

SpectralConv2dImpl::SpectralConv2dImpl(const torch::nn::Conv2dOptions& options)
    : Conv2dImpl(options), u_(register_buffer("u", random_unit(options.out_channels()))) {}

at::Tensor SpectralConv2dImpl::forward(const at::Tensor& x) {
  const auto& padding = std::get<torch::ExpandingArray<2>>(options.padding());
  return at::conv2d(x, spectrally_normalised(weight, u_, is_training()), bias, options.stride(), padding);
}

SpectralLinearImpl::SpectralLinearImpl(const torch::nn::LinearOptions& options)
    : LinearImpl(options), u_(register_buffer("u", random_unit(options.out_features()))) {}

at::Tensor SpectralLinearImpl::forward(const at::Tensor& x) {
  return at::linear(x, spectrally_normalised(weight, u_, is_training()), bias);
}

}  // namespace gan
