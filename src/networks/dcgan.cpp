#include "gan/networks/dcgan.h"

#include "gan/base/text.h"
#include "minibatch_std.h"
#include "network_builder.h"
#include "spectral_norm.h"
#include "virtual_batch_norm.h"

namespace gan {

namespace {

constexpr int64_t kKernel = 4;
constexpr int64_t kFirstSide = 4;  // of the smallest maps, in both networks

torch::nn::ConvTranspose2dOptions up(int64_t in, int64_t out, int64_t stride, int64_t padding) {
  return torch::nn::ConvTranspose2dOptions(in, out, kKernel).stride(stride).padding(padding).bias(false);
}

void add_norm(NetworkBuilder& net, const std::string& number, int64_t maps, const NetworkOptions& options) {
  net.batch_norm("norm" + number, maps, options.norm_eps, options.norm_momentum);
}

}  // namespace

Network dcgan_decoder(const NetworkOptions& options, int64_t inputs, ImageShape images, Budget& budget) {
  const int64_t b = options.base_channels;
  const bool from_7 = images.height == 28;  // 4 -> 7 -> 14 -> 28, else 4 -> 8 -> 16 -> 32
  NetworkBuilder net(budget);
  const bool is_virtual = options.virtual_batch_norm;
  const auto norm_and_act = [&](const std::string& number, int64_t maps) {
    if (is_virtual) {
      net.add<VirtualBatchNorm>("norm" + number, 2 * maps, maps, options.norm_eps);
    } else {
      add_norm(net, number, maps, options);
    }
    net.leaky_relu("act" + number);
  };
  if (is_virtual) net.add<Reference>("reference", 0, inputs);
  net.linear("linear1", inputs, 8 * b * kFirstSide * kFirstSide, /*bias=*/false);
  net.unflatten("maps", 8 * b, kFirstSide, kFirstSide);
  norm_and_act("1", 8 * b);
  net.conv<torch::nn::ConvTranspose2d>("conv2", from_7 ? up(8 * b, 4 * b, 1, 0) : up(8 * b, 4 * b, 2, 1));
  norm_and_act("2", 4 * b);
  net.conv<torch::nn::ConvTranspose2d>("conv3", up(4 * b, 2 * b, 2, 1));
  norm_and_act("3", 2 * b);
  net.conv<torch::nn::ConvTranspose2d>("conv4", up(2 * b, images.channels, 2, 1).bias(true));
  if (is_virtual) net.add<WithoutReference>("samples", 0);
  return net.tanh("tanh").network();
}

Trunk dcgan_trunk(const NetworkOptions& options, ImageShape images, Budget& budget) {
  const int64_t b = options.base_channels;
  const bool from_7 = images.height % 7 == 0;  // 7 -> 4, else 8 -> 4
  const bool batch = options.d_norm == Norm::batch, spectral = options.d_norm == Norm::spectral;
  NetworkBuilder net(budget);
  const auto block = [&](const std::string& number, int64_t in, int64_t out, int64_t padding, bool last = false) {
    const auto conv = torch::nn::Conv2dOptions(in, out, kKernel).stride(2).padding(padding).bias(!batch);
    spectral ? net.conv<SpectralConv2d>("conv" + number, conv) : net.conv("conv" + number, conv);
    if (batch) add_norm(net, number, out, options);
    net.leaky_relu("act" + number).dropout(number, options, last);
  };
  int64_t layers = 0, in = images.channels;
  for (const int64_t out : images.height < 28 ? std::vector{2 * b} : std::vector{b, 2 * b}) {
    block(to_text(++layers), in, out, 1);
    in = out;
  }
  const std::string last = to_text(++layers);
  const bool same = from_7 && options.same_padding;
  if (same) net.add<torch::nn::ZeroPad2d>("pad" + last, 0, torch::nn::ZeroPad2dOptions({1, 2, 1, 2}));
  block(last, in, 4 * b, same ? 0 : from_7 ? 2 : 1, /*last=*/true);
  if (options.minibatch_std) net.add<MinibatchStd>("std", 0);
  const int64_t maps = 4 * b + (options.minibatch_std ? 1 : 0);
  return {net.flatten().network(), maps * kFirstSide * kFirstSide, layers};
}

std::string dcgan_refusal(ImageShape images) {
  const bool fits = images.height == images.width && (images.height == 28 || images.height == 32);
  return fits ? "" : "28x28 or 32x32 pixels";
}

}  // namespace gan
