#include "gan/networks/dcgan.h"

#include "layers.h"
#include "minibatch_std.h"
#include "spectral_norm.h"

namespace gan {

namespace {

constexpr int64_t kKernel = 4;
constexpr int64_t kFirstSide = 4;  // of the smallest maps, in both networks

torch::nn::ConvTranspose2d conv_transpose(int64_t in, int64_t out, int64_t stride, int64_t padding) {
  return torch::nn::ConvTranspose2d(
      torch::nn::ConvTranspose2dOptions(in, out, kKernel).stride(stride).padding(padding).bias(false));
}

torch::nn::BatchNorm2d batch_norm(int64_t maps, const NetworkOptions& options) {
  return torch::nn::BatchNorm2d(
      torch::nn::BatchNormOptions(maps).eps(options.norm_eps).momentum(options.norm_momentum));
}

/// Maps that D's last layer sees.
int64_t last_maps(const NetworkOptions& options) {
  return 4 * options.base_channels + (options.minibatch_std ? 1 : 0);
}

}  // namespace

Network dcgan_generator(const NetworkOptions& options, ImageShape images) {
  const int64_t b = options.base_channels;
  const bool from_7 = images.height == 28;  // 4 -> 7 -> 14 -> 28, else 4 -> 8 -> 16 -> 32
  torch::nn::Sequential net;
  net->push_back(
      "linear1",
      torch::nn::Linear(torch::nn::LinearOptions(options.latent_size, 8 * b * kFirstSide * kFirstSide).bias(false)));
  net->push_back("maps", torch::nn::Unflatten(torch::nn::UnflattenOptions(1, {8 * b, kFirstSide, kFirstSide})));
  net->push_back("norm1", batch_norm(8 * b, options));
  net->push_back("act1", leaky_relu());
  net->push_back("conv2", from_7 ? conv_transpose(8 * b, 4 * b, 1, 0) : conv_transpose(8 * b, 4 * b, 2, 1));
  net->push_back("norm2", batch_norm(4 * b, options));
  net->push_back("act2", leaky_relu());
  net->push_back("conv3", conv_transpose(4 * b, 2 * b, 2, 1));
  net->push_back("norm3", batch_norm(2 * b, options));
  net->push_back("act3", leaky_relu());
  net->push_back("conv4", torch::nn::ConvTranspose2d(
                              torch::nn::ConvTranspose2dOptions(2 * b, images.channels, kKernel).stride(2).padding(1)));
  net->push_back("tanh", torch::nn::Tanh());
  return net.ptr();
}

Network dcgan_discriminator(const NetworkOptions& options, ImageShape images) {
  const int64_t b = options.base_channels;
  const bool from_7 = images.height == 28;  // 7 -> 4, else 8 -> 4
  const bool batch = options.d_norm == Norm::batch, spectral = options.d_norm == Norm::spectral;
  torch::nn::Sequential net;
  const auto block = [&](const std::string& number, int64_t in, int64_t out, int64_t padding, bool dropout) {
    const auto conv = torch::nn::Conv2dOptions(in, out, kKernel).stride(2).padding(padding).bias(!batch);
    if (spectral) net->push_back("conv" + number, SpectralConv2d(conv));
    if (!spectral) net->push_back("conv" + number, torch::nn::Conv2d(conv));
    if (batch) net->push_back("norm" + number, batch_norm(out, options));
    net->push_back("act" + number, leaky_relu());
    if (dropout) net->push_back("dropout" + number, torch::nn::Dropout(options.dropout));
  };
  block("1", images.channels, b, 1, options.dropout > 0);
  block("2", b, 2 * b, 1, options.dropout > 0);
  const bool same = from_7 && options.same_padding;
  if (same) net->push_back("pad3", torch::nn::ZeroPad2d(torch::nn::ZeroPad2dOptions({1, 2, 1, 2})));
  block("3", 2 * b, 4 * b, same ? 0 : from_7 ? 2 : 1, options.dropout > 0 && options.dropout_last);
  if (options.minibatch_std) net->push_back("std", MinibatchStd());
  net->push_back("flatten", torch::nn::Flatten());
  const torch::nn::LinearOptions last(last_maps(options) * kFirstSide * kFirstSide, 1);
  if (spectral) net->push_back("linear4", SpectralLinear(last));
  if (!spectral) net->push_back("linear4", torch::nn::Linear(last));
  return net.ptr();
}

int64_t dcgan_parameters(const NetworkOptions& options, ImageShape images) {
  const int64_t b = options.base_channels, c = images.channels, k = kKernel * kKernel, first = kFirstSide * kFirstSide;
  const int64_t generator =
      options.latent_size * 8 * b * first + 8 * b * 4 * b * k + 4 * b * 2 * b * k + 2 * b * c * k + c;
  const int64_t discriminator = c * b * k + b * 2 * b * k + 2 * b * 4 * b * k + last_maps(options) * first + 1;
  const int64_t d_norms = (options.d_norm == Norm::batch ? 2 : 1) * (b + 2 * b + 4 * b);  // else these are biases
  return generator + discriminator + 2 * (8 * b + 4 * b + 2 * b) + d_norms;
}

std::string dcgan_refusal(ImageShape images) {
  const bool fits = images.height == images.width && (images.height == 28 || images.height == 32);
  return fits ? "" : "28x28 or 32x32 pixels";
}

}  // namespace gan
