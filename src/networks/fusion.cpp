#include "fusion.h"

#include <ATen/autocast_mode.h>

#include <typeinfo>

#include "gan/dist/world.h"
#include "gan/kernels/batch_norm.h"
#include "gan/kernels/convolution.h"
#include "gan/kernels/dropout.h"
#include "gan/kernels/max_pool.h"
#include "gan/kernels/product.h"
#include "gan/kernels/winograd.h"

namespace gan {

namespace {

using Layers = std::span<torch::nn::AnyModule>;

// A matrix product beats oneDNN's convolution several times over where one side is an image, and by a third where small
// maps have many channels.
constexpr int64_t kImageChannels = 4, kManyChannels = 256;

/// The layer at `index` if its class is exactly this one, not a derived one; else null.
template <class Layer>
const Layer* as(const Layers& layers, size_t index) {
  if (index >= layers.size()) return nullptr;
  const torch::nn::Module& layer = *layers[index].ptr();
  return typeid(layer) == typeid(Layer) ? static_cast<const Layer*>(&layer) : nullptr;
}

bool casts() {
  return at::autocast::is_autocast_enabled(at::kCPU);
}

/// Casts x as autocast does for a convolution or a matrix product.
at::Tensor cast(const at::Tensor& x) {
  return casts() ? at::autocast::cached_cast(at::autocast::get_autocast_dtype(at::kCPU), x, at::kCPU) : x;
}

/// x for Winograd's kernels, also under autocast: in float they are quicker than oneDNN's in bfloat16.
at::Tensor as_float(const at::Tensor& x) {
  return x.to(at::kFloat);
}

/// An option's number if it is the same for height and width; else -1.
int64_t both(const torch::ExpandingArray<2>& option) {
  return option->at(0) == option->at(1) ? option->at(0) : -1;
}

template <class Conv>
int64_t padding_of(const Conv& conv) {
  const auto* numbers = std::get_if<torch::ExpandingArray<2>>(&conv.options.padding());
  return numbers != nullptr ? both(*numbers) : -1;
}

/// Whether the kernels support this convolution: square, zero padding, no dilation, groups or output padding.
template <class Conv>
bool is_plain(const Conv& conv) {
  const auto& options = conv.options;
  return both(options.kernel_size()) > 0 && both(options.stride()) > 0 && both(options.dilation()) == 1 &&
         both(options.output_padding()) == 0 && options.groups() == 1 && padding_of(conv) >= 0 &&
         std::holds_alternative<torch::enumtype::kZeros>(options.padding_mode());
}

std::optional<Fused> batch_norm(const Layers& layers, const at::Tensor& x) {
  const auto* norm = as<torch::nn::BatchNorm2dImpl>(layers, 0);
  const auto* act = as<torch::nn::LeakyReLUImpl>(layers, 1);
  if (norm == nullptr || act == nullptr || !norm->is_training()) return std::nullopt;
  const auto& options = norm->options;
  if (!options.affine() || !options.track_running_stats() || !options.momentum()) return std::nullopt;
  const BatchNormLeakyRelu kernel{.scale = norm->weight,
                                  .shift = norm->bias,
                                  .running_mean = norm->running_mean,
                                  .running_var = norm->running_var,
                                  .momentum = *options.momentum(),
                                  .eps = options.eps(),
                                  .slope = act->options.negative_slope()};
  norm->num_batches_tracked.data_ptr<int64_t>()[0] += 1;
  return Fused{kernel(x), 2};
}

std::optional<Fused> leaky_relu_and_dropout(const Layers& layers, const at::Tensor& x) {
  const auto* act = as<torch::nn::LeakyReLUImpl>(layers, 0);
  const auto* dropout = as<torch::nn::DropoutImpl>(layers, 1);
  const bool fits = act != nullptr && dropout != nullptr && dropout->is_training();
  if (!fits || x.scalar_type() != at::kFloat || !x.is_contiguous()) return std::nullopt;
  return Fused{leaky_relu_dropout(x, act->options.negative_slope(), dropout->options.p()), 2};
}

Fused with_bias(const at::Tensor& y, const at::Tensor& bias, int64_t layers = 1) {
  return {bias.defined() ? y + bias.to(y.scalar_type()).view({1, -1, 1, 1}) : y, layers};
}

std::optional<Fused> conv_transpose(const Layers& layers, const at::Tensor& x) {
  const auto* conv = as<torch::nn::ConvTranspose2dImpl>(layers, 0);
  if (conv == nullptr || !is_plain(*conv)) return std::nullopt;
  const int64_t stride = both(conv->options.stride());
  if (suits_winograd_transpose(x, conv->weight, stride, padding_of(*conv))) {
    return with_bias(winograd_conv_transpose(as_float(x), conv->weight, stride, padding_of(*conv)), conv->bias);
  }
  const bool small_and_wide = stride == 1 && conv->options.in_channels() >= kManyChannels;
  if (conv->options.out_channels() > kImageChannels && !small_and_wide) return std::nullopt;
  return with_bias(conv_transpose_product(cast(x), cast(conv->weight), stride, padding_of(*conv)), conv->bias);
}

std::optional<Fused> conv_of_image(const Layers& layers, const at::Tensor& x) {
  const auto* conv = as<torch::nn::Conv2dImpl>(layers, 0);
  if (conv == nullptr || !is_plain(*conv) || conv->options.in_channels() > kImageChannels) return std::nullopt;
  return with_bias(conv_product(cast(x), cast(conv->weight), both(conv->options.stride()), padding_of(*conv)),
                   conv->bias);
}

std::optional<Fused> conv(const Layers& layers, const at::Tensor& x) {
  const auto* conv = as<torch::nn::Conv2dImpl>(layers, 0);
  if (conv == nullptr || !is_plain(*conv)) return std::nullopt;
  // Where an image is flat, neighbours are equal and a max pool takes the first, as long as no rounding tells them
  // apart.
  const bool pooled =
      as<torch::nn::MaxPool2dImpl>(layers, 1) != nullptr || as<torch::nn::MaxPool2dImpl>(layers, 2) != nullptr;
  const int64_t stride = both(conv->options.stride()), padding = padding_of(*conv);
  if (pooled || !suits_winograd(x, conv->weight, stride, padding)) return std::nullopt;
  return with_bias(winograd_conv(as_float(x), conv->weight, stride, padding), conv->bias);
}

std::optional<Fused> upsample_and_conv(const Layers& layers, const at::Tensor& x) {
  const auto* upsample = as<torch::nn::UpsampleImpl>(layers, 0);
  const auto* conv = as<torch::nn::Conv2dImpl>(layers, 1);
  if (upsample == nullptr || conv == nullptr || !is_plain(*conv)) return std::nullopt;
  const bool doubles = upsample->options.scale_factor() == std::vector<double>{2, 2} &&
                       std::holds_alternative<torch::enumtype::kNearest>(upsample->options.mode());
  const int64_t kernel = both(conv->options.kernel_size());
  const bool same = kernel % 2 == 1 && padding_of(*conv) == kernel / 2 && both(conv->options.stride()) == 1;
  if (!doubles || !same) return std::nullopt;
  return with_bias(conv_of_upsampled(cast(x), conv->weight), conv->bias, 2);
}

std::optional<Fused> tanh_and_pool(const Layers& layers, const at::Tensor& x) {
  const auto* pool = as<torch::nn::MaxPool2dImpl>(layers, 1);
  if (as<torch::nn::TanhImpl>(layers, 0) == nullptr || pool == nullptr) return std::nullopt;
  const auto& options = pool->options;
  const bool halves = both(options.kernel_size()) == 2 && both(options.stride()) == 2 && both(options.padding()) == 0 &&
                      both(options.dilation()) == 1 && !options.ceil_mode();
  if (!halves || x.size(2) % 2 != 0 || x.size(3) % 2 != 0) return std::nullopt;
  return Fused{tanh_max_pool(x), 2};
}

std::optional<Fused> linear_layer(const Layers& layers, const at::Tensor& x) {
  const auto* layer = as<torch::nn::LinearImpl>(layers, 0);
  if (layer == nullptr || !layer->options.bias() || x.dim() != 2 || casts()) return std::nullopt;
  return Fused{linear(x, layer->weight, layer->bias)};
}

// ---- Layers that ranks share -------------------------------------------------------------------

/// Batch norm by the statistics of all ranks' rows; LibTorch's layers take those of one.
template <class Norm>
std::optional<Fused> synchronized_norm(const Layers& layers, const at::Tensor& x) {
  const auto* norm = as<Norm>(layers, 0);
  if (norm == nullptr || !norm->is_training() || !world().synchronizes()) return std::nullopt;
  const std::vector<int64_t> over = x.dim() == 2 ? std::vector<int64_t>{0} : std::vector<int64_t>{0, 2, 3};
  std::vector<int64_t> one_a_channel(static_cast<size_t>(x.dim()), 1);
  one_a_channel[1] = x.size(1);
  const at::Tensor wide = x.to(at::kFloat), mean = mean_over_ranks(wide.mean(over, /*keepdim=*/true)),
                   distance = wide - mean, var = mean_over_ranks(distance.square().mean(over, /*keepdim=*/true)),
                   y = distance * (var + norm->options.eps()).rsqrt();
  {
    const torch::NoGradGuard no_grad;
    const auto n = static_cast<double>(x.numel() / x.size(1) * world().group.size());
    norm->num_batches_tracked.add_(1);
    norm->running_mean.lerp_(mean.flatten(), *norm->options.momentum());
    norm->running_var.lerp_(var.flatten() * (n / std::max(1.0, n - 1)), *norm->options.momentum());
  }
  return Fused{(y * norm->weight.view(one_a_channel) + norm->bias.view(one_a_channel)).to(x.scalar_type())};
}

/// Dropout of this rank's rows: the default generators of all ranks draw the same.
std::optional<Fused> own_dropout(const Layers& layers, const at::Tensor& x) {
  const auto* dropout = as<torch::nn::DropoutImpl>(layers, 0);
  if (dropout == nullptr || !dropout->is_training() || world().group.alone()) return std::nullopt;
  const double kept = 1 - dropout->options.p();
  const at::Tensor mask = own_noise(x.size(0), [&](int64_t count) {
    std::vector<int64_t> sizes = x.sizes().vec();
    sizes[0] = count;
    return at::empty(sizes, x.options().requires_grad(false)).bernoulli_(kept);
  });
  return Fused{x * mask / kept};
}

std::optional<Fused> shared_step(const Layers& layers, const at::Tensor& x) {
  for (const auto step :
       {synchronized_norm<torch::nn::BatchNorm1dImpl>, synchronized_norm<torch::nn::BatchNorm2dImpl>, own_dropout}) {
    if (auto shared = step(layers, x)) return shared;
  }
  return std::nullopt;
}

}  // namespace

Fused fused_step(Layers rest, const at::Tensor& x, Differentiable asked) {
  struct Kernel {
    std::optional<Fused> (*step)(const Layers&, const at::Tensor&);
    Differentiable is = Differentiable::once;
  };
  static constexpr Kernel kKernels[] = {{batch_norm, Differentiable::twice},
                                        {leaky_relu_and_dropout},
                                        {conv_transpose},
                                        {conv_of_image, Differentiable::twice},
                                        {conv, Differentiable::twice},
                                        {upsample_and_conv},
                                        {tanh_and_pool},
                                        {linear_layer}};
  const bool known = x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
  for (const Kernel& kernel : kKernels) {
    if (!known || kernel.is < asked) continue;
    if (const auto fused = kernel.step(rest, x)) return *fused;
  }
  if (const auto shared = shared_step(rest, x)) return *shared;
  return {rest[0].forward(x)};
}

}  // namespace gan
