#include "gan/networks/dcgan.h"

#include "layers.h"

namespace gan {

namespace {

constexpr int64_t kKernel = 4;
constexpr int64_t kFirstSide = 4;  // of the smallest maps, in both networks

torch::nn::ConvTranspose2d conv_transpose(int64_t in, int64_t out, int64_t stride, int64_t padding) {
  return torch::nn::ConvTranspose2d(
      torch::nn::ConvTranspose2dOptions(in, out, kKernel).stride(stride).padding(padding).bias(false));
}

torch::nn::Conv2d conv(int64_t in, int64_t out, int64_t padding) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kKernel).stride(2).padding(padding).bias(false));
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
  net->push_back("norm1", torch::nn::BatchNorm2d(8 * b));
  net->push_back("act1", leaky_relu());
  net->push_back("conv2", from_7 ? conv_transpose(8 * b, 4 * b, 1, 0) : conv_transpose(8 * b, 4 * b, 2, 1));
  net->push_back("norm2", torch::nn::BatchNorm2d(4 * b));
  net->push_back("act2", leaky_relu());
  net->push_back("conv3", conv_transpose(4 * b, 2 * b, 2, 1));
  net->push_back("norm3", torch::nn::BatchNorm2d(2 * b));
  net->push_back("act3", leaky_relu());
  net->push_back("conv4", torch::nn::ConvTranspose2d(
                              torch::nn::ConvTranspose2dOptions(2 * b, images.channels, kKernel).stride(2).padding(1)));
  net->push_back("tanh", torch::nn::Tanh());
  return net.ptr();
}

Network dcgan_discriminator(const NetworkOptions& options, ImageShape images) {
  const int64_t b = options.base_channels;
  const int64_t last_padding = images.height == 28 ? 2 : 1;  // 7 -> 4, or 8 -> 4
  torch::nn::Sequential net;
  const auto block = [&](const char* number, torch::nn::Conv2d layer, int64_t channels, bool dropout) {
    net->push_back(std::string("conv") + number, layer);
    net->push_back(std::string("norm") + number, torch::nn::BatchNorm2d(channels));
    net->push_back(std::string("act") + number, leaky_relu());
    if (dropout) net->push_back(std::string("dropout") + number, torch::nn::Dropout(options.dropout));
  };
  block("1", conv(images.channels, b, 1), b, options.dropout > 0);
  block("2", conv(b, 2 * b, 1), 2 * b, options.dropout > 0);
  block("3", conv(2 * b, 4 * b, last_padding), 4 * b, options.dropout > 0 && options.dropout_last);
  net->push_back("flatten", torch::nn::Flatten());
  net->push_back("linear4", torch::nn::Linear(4 * b * kFirstSide * kFirstSide, 1));
  return net.ptr();
}

int64_t dcgan_parameters(const NetworkOptions& options, ImageShape images) {
  const int64_t b = options.base_channels, c = images.channels, k = kKernel * kKernel, first = kFirstSide * kFirstSide;
  const int64_t generator =
      options.latent_size * 8 * b * first + 8 * b * 4 * b * k + 4 * b * 2 * b * k + 2 * b * c * k + c;
  const int64_t discriminator = c * b * k + b * 2 * b * k + 2 * b * 4 * b * k + 4 * b * first + 1;
  const int64_t norms = 2 * (8 * b + 4 * b + 2 * b) + 2 * (b + 2 * b + 4 * b);
  return generator + discriminator + norms;
}

std::string dcgan_refusal(ImageShape images) {
  const bool fits = images.height == images.width && (images.height == 28 || images.height == 32);
  return fits ? "" : "28x28 or 32x32 pixels";
}

}  // namespace gan
