#include "gan/networks/dcgan.h"

#include <algorithm>

#include "gan/base/text.h"
#include "minibatch_std.h"
#include "network_builder.h"
#include "spectral_norm.h"
#include "virtual_batch_norm.h"

namespace gan {

namespace {

constexpr int64_t kKernel = 4;

torch::nn::ConvTranspose2dOptions up(int64_t in, int64_t out, int64_t stride, int64_t padding) {
  return torch::nn::ConvTranspose2dOptions(in, out, kKernel).stride(stride).padding(padding).bias(false);
}

/// The maps of both networks: `halvings` times as the trunk goes from an image to the smallest maps.
struct Maps {
  int64_t smallest = 4;  ///< pixels a side
  int64_t halvings = 0;
  bool from_7 = false;  ///< the last halving is from 7 to 4

  explicit Maps(int64_t side) {
    constexpr int64_t kLargestSmallest = 7;
    from_7 = side == 28 || side == 14;
    for (smallest = side; smallest > kLargestSmallest; smallest /= 2) ++halvings;
    if (from_7) smallest = 4, ++halvings;
  }
};

/// base_channels, doubled so many times.
int64_t doubled(const NetworkOptions& options, int64_t times) {
  const int64_t channels = options.base_channels << times;
  return options.max_channels > 0 ? std::min(options.max_channels, channels) : channels;
}

torch::nn::Conv2dOptions same(int64_t channels) {
  return torch::nn::Conv2dOptions(channels, channels, 3).padding(1);
}

/// The numbers of the convolutions that follow layer 2 and keep the size of its maps: "2b", "2c", ...
std::vector<std::string> refinements(int64_t layer, const NetworkOptions& options) {
  std::vector<std::string> numbers;
  for (int64_t i = 0; i < options.depth; ++i) numbers.push_back(to_text(layer) + static_cast<char>('b' + i));
  return numbers;
}

void add_norm(NetworkBuilder& net, const std::string& number, int64_t maps, const NetworkOptions& options) {
  net.batch_norm("norm" + number, maps, options.norm_eps, options.norm_momentum);
}

}  // namespace

Network dcgan_decoder(const NetworkOptions& options, int64_t inputs, ImageShape images, Budget& budget) {
  const Maps maps(images.height);
  NetworkBuilder net(budget);
  const bool is_virtual = options.virtual_batch_norm;
  const auto norm_and_act = [&](const std::string& number, int64_t channels) {
    if (is_virtual) {
      net.add<VirtualBatchNorm>("norm" + number, 2 * channels, channels, options.norm_eps);
    } else {
      add_norm(net, number, channels, options);
    }
    net.leaky_relu("act" + number);
  };
  if (is_virtual) net.add<Reference>("reference", 0, inputs);
  int64_t channels = doubled(options, maps.halvings);
  net.linear("linear1", inputs, channels * maps.smallest * maps.smallest, /*bias=*/false);
  net.unflatten("maps", channels, maps.smallest, maps.smallest);
  norm_and_act("1", channels);
  for (int64_t layer = 2; layer <= maps.halvings; ++layer) {
    const int64_t out = doubled(options, maps.halvings - layer + 1);
    const bool to_7 = maps.from_7 && layer == 2;
    net.conv<torch::nn::ConvTranspose2d>("conv" + to_text(layer),
                                         to_7 ? up(channels, out, 1, 0) : up(channels, out, 2, 1));
    norm_and_act(to_text(layer), out);
    for (const std::string& number : refinements(layer, options)) {
      net.conv("conv" + number, same(out).bias(false));
      norm_and_act(number, out);
    }
    channels = out;
  }
  net.conv<torch::nn::ConvTranspose2d>("conv" + to_text(maps.halvings + 1),
                                       up(channels, images.channels, 2, 1).bias(true));
  if (is_virtual) net.add<WithoutReference>("samples", 0);
  return net.tanh("tanh").network();
}

Trunk dcgan_trunk(const NetworkOptions& options, ImageShape images, Budget& budget) {
  constexpr int64_t kFewest = 3;  // halvings, from which the first layer has `base_channels`
  const Maps maps(images.height);
  const bool spectral = options.d_norm == Norm::spectral;
  NetworkBuilder net(budget);
  const auto block = [&](const std::string& number, torch::nn::Conv2dOptions conv, bool last) {
    const bool batch = options.d_norm == Norm::batch && (options.d_norm_last || !last);
    conv.bias(!batch);
    spectral ? net.conv<SpectralConv2d>("conv" + number, conv) : net.conv("conv" + number, conv);
    if (batch) add_norm(net, number, conv.out_channels(), options);
    net.leaky_relu("act" + number).dropout(number, options, last);
  };
  const int64_t layers = maps.halvings, first = std::max<int64_t>(0, kFewest - layers);
  int64_t in = images.channels;
  for (int64_t layer = 1; layer <= layers; ++layer) {
    const bool last = layer == layers, from_7 = last && maps.from_7, tensorflow = from_7 && options.same_padding;
    const int64_t out = doubled(options, first + layer - 1), padding = tensorflow ? 0 : from_7 ? 2 : 1;
    const std::string number = to_text(layer);
    if (tensorflow) net.add<torch::nn::ZeroPad2d>("pad" + number, 0, torch::nn::ZeroPad2dOptions({1, 2, 1, 2}));
    const std::vector<std::string> more = refinements(layer, options);
    block(number, torch::nn::Conv2dOptions(in, out, kKernel).stride(2).padding(padding), last && more.empty());
    for (const std::string& each : more) block(each, same(out), last && each == more.back());
    in = out;
  }
  if (options.minibatch_std) net.add<MinibatchStd>("std", 0);
  const int64_t channels = in + (options.minibatch_std ? 1 : 0);
  return {net.flatten().network(), channels * maps.smallest * maps.smallest, layers};
}

std::string dcgan_refusal(ImageShape images) {
  constexpr int64_t kSmallest = 28;
  const Maps maps(images.height);
  const bool whole = maps.from_7 || maps.smallest << maps.halvings == images.height;
  const bool fits = images.height == images.width && images.height >= kSmallest && whole;
  return fits ? "" : "28x28, 32x32, 40x40, 48x48, 56x56, 64x64, 80x80, 96x96, 112x112, 128x128, ... pixels";
}

}  // namespace gan
