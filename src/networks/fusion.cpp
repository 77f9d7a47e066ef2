#include "fusion.h"

#include <ATen/autocast_mode.h>

#include "gan/kernels/batch_norm.h"
#include "gan/kernels/convolution.h"
#include "gan/kernels/max_pool.h"

namespace gan {

namespace {

using Layers = std::span<torch::nn::AnyModule>;

constexpr int64_t kFewChannels = 4;     // of images: there a product beats oneDNN's convolutions several times over
constexpr int64_t kManyChannels = 256;  // of small maps: there it beats them by a third

template <class Layer>
const Layer* as(const Layers& layers, size_t index) {
  return index < layers.size() ? layers[index].ptr()->as<Layer>() : nullptr;
}

/// x as a convolution or matrix product under autocast takes it.
at::Tensor cast(const at::Tensor& x) {
  const bool lower = at::autocast::is_autocast_enabled(at::kCPU);
  return lower ? at::autocast::cached_cast(at::autocast::get_autocast_dtype(at::kCPU), x, at::kCPU) : x;
}

std::optional<Step> batch_norm(const Layers& layers, const at::Tensor& x) {
  const auto* norm = as<torch::nn::BatchNorm2dImpl>(layers, 0);
  const auto* act = as<torch::nn::LeakyReLUImpl>(layers, 1);
  if (norm == nullptr || act == nullptr || !norm->is_training()) return std::nullopt;
  const BatchNormLeakyRelu kernel{.scale = norm->weight,
                                  .shift = norm->bias,
                                  .running_mean = norm->running_mean,
                                  .running_var = norm->running_var,
                                  .momentum = *norm->options.momentum(),
                                  .eps = norm->options.eps(),
                                  .slope = act->options.negative_slope()};
  norm->num_batches_tracked.data_ptr<int64_t>()[0] += 1;
  return Step{kernel(x), 2};
}

/// The first number of an option that has one for height and one for width; all here are square.
int64_t padding_of(const auto& conv) {
  return std::get<torch::ExpandingArray<2>>(conv.options.padding())->at(0);
}
int64_t stride_of(const auto& conv) {
  return conv.options.stride()->at(0);
}

Step with_bias(const at::Tensor& y, const at::Tensor& bias, int64_t layers = 1) {
  return {bias.defined() ? y + bias.to(y.scalar_type()).view({1, -1, 1, 1}) : y, layers};
}

std::optional<Step> conv_transpose(const Layers& layers, const at::Tensor& x) {
  const auto* conv = as<torch::nn::ConvTranspose2dImpl>(layers, 0);
  if (conv == nullptr) return std::nullopt;
  const bool small_and_wide = stride_of(*conv) == 1 && conv->options.in_channels() >= kManyChannels;
  if (conv->options.out_channels() > kFewChannels && !small_and_wide) return std::nullopt;
  return with_bias(conv_transpose_product(cast(x), cast(conv->weight), stride_of(*conv), padding_of(*conv)),
                   conv->bias);
}

std::optional<Step> conv_of_image(const Layers& layers, const at::Tensor& x) {
  const auto* conv = as<torch::nn::Conv2dImpl>(layers, 0);
  if (conv == nullptr || conv->options.in_channels() > kFewChannels) return std::nullopt;
  return with_bias(conv_product(cast(x), cast(conv->weight), stride_of(*conv), padding_of(*conv)), conv->bias);
}

std::optional<Step> upsample_and_conv(const Layers& layers, const at::Tensor& x) {
  const auto* upsample = as<torch::nn::UpsampleImpl>(layers, 0);
  const auto* conv = as<torch::nn::Conv2dImpl>(layers, 1);
  if (upsample == nullptr || conv == nullptr) return std::nullopt;
  return with_bias(conv_of_upsampled(cast(x), cast(conv->weight)), conv->bias, 2);
}

std::optional<Step> tanh_and_pool(const Layers& layers, const at::Tensor& x) {
  const bool fits = as<torch::nn::TanhImpl>(layers, 0) != nullptr && as<torch::nn::MaxPool2dImpl>(layers, 1) != nullptr;
  if (!fits || x.size(2) % 2 != 0 || x.size(3) % 2 != 0) return std::nullopt;
  return Step{tanh_max_pool(x), 2};
}

}  // namespace

Step fused_step(Layers rest, const at::Tensor& x) {
  if (x.is_cpu()) {
    for (const auto& fused : {batch_norm, conv_transpose, conv_of_image, upsample_and_conv, tanh_and_pool}) {
      if (const auto step = fused(rest, x)) return *step;
    }
  }
  return {rest[0].forward(x)};
}

}  // namespace gan
