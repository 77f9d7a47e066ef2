#include "gan/networks/upconv.h"

#include <algorithm>

#include "gan/base/text.h"
#include "network_builder.h"
#include "virtual_batch_norm.h"

namespace gan {

namespace {

torch::nn::Conv2dOptions conv5x5(int64_t in, int64_t out, int64_t padding) {
  return torch::nn::Conv2dOptions(in, out, 5).padding(padding);
}

void add_nearest_x2(NetworkBuilder& net, const std::string& name) {
  const auto options = torch::nn::UpsampleOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kNearest);
  net.add<torch::nn::Upsample>(name, 0, options);
}

/// How often sides are halved on the way from an image to the smallest maps.
int64_t halvings_of(const NetworkOptions& options, ImageShape images) {
  constexpr int64_t kFewest = 2;
  int64_t halvings = 0, height = images.height, width = images.width;
  while (std::max(height, width) > options.smallest_maps && height % 2 == 0 && width % 2 == 0) {
    height /= 2, width /= 2, ++halvings;
  }
  return std::max(height, width) <= options.smallest_maps ? std::max(halvings, kFewest) : kFewest;
}

/// Channels of the maps whose sides are those of the image halved so many times.
int64_t channels_after(int64_t halvings, const NetworkOptions& options) {
  const int64_t channels = int64_t{64} << (halvings - 1);
  return options.max_channels > 0 ? std::min(options.max_channels, channels) : channels;
}

}  // namespace

Network upconv_decoder(const NetworkOptions& options, int64_t inputs, ImageShape images, Budget& budget) {
  const int64_t halvings = halvings_of(options, images), height = images.height >> halvings,
                width = images.width >> halvings;
  int64_t channels = channels_after(halvings, options);
  const int64_t features = channels * height * width;
  NetworkBuilder net(budget);
  const bool is_virtual = options.virtual_batch_norm;
  if (is_virtual) net.add<Reference>("reference", 0, inputs);
  net.linear("linear1", inputs, 1024).tanh("tanh1").linear("linear2", 1024, features);
  is_virtual ? net.add<VirtualBatchNorm>("norm2", 2 * features, features, 1e-3).add<WithoutReference>("samples", 0)
             : net.batch_norm<torch::nn::BatchNorm1d>("norm2", features, 1e-3, 0.01);
  net.tanh("tanh2").unflatten("maps", channels, height, width);
  for (int64_t left = halvings - 1; left >= 0; --left) {
    const std::string number = to_text(2 + halvings - left);
    const int64_t out = left > 0 ? channels_after(left, options) : images.channels;
    add_nearest_x2(net, "up" + number);
    net.conv("conv" + number, conv5x5(channels, out, 2)).tanh("tanh" + number);
    channels = out;
  }
  return net.network();
}

Trunk upconv_trunk(const NetworkOptions& options, ImageShape images, Budget& budget) {
  constexpr int64_t kFeatures = 1024;
  const int64_t halvings = halvings_of(options, images);
  NetworkBuilder net(budget);
  int64_t channels = images.channels, height = images.height, width = images.width;
  for (int64_t layer = 1; layer <= halvings; ++layer) {
    const std::string number = to_text(layer);
    const int64_t out = channels_after(layer, options), lost = layer == halvings ? 4 : 0;  // the last is not padded
    net.conv("conv" + number, conv5x5(channels, out, lost == 0 ? 2 : 0)).tanh("tanh" + number);
    net.max_pool("pool" + number);
    channels = out, height = (height - lost) / 2, width = (width - lost) / 2;
  }
  const std::string last = to_text(halvings + 1);
  net.flatten().linear("linear" + last, channels * height * width, kFeatures).tanh("tanh" + last);
  net.dropout(last, options, /*last=*/true);
  return {net.network(), kFeatures, halvings + 1};
}

std::string upconv_refusal(ImageShape images) {
  const auto fits = [](int64_t side) { return side >= 12 && side % 4 == 0; };
  return fits(images.height) && fits(images.width) ? "" : "sides that are multiples of 4, 12 or more";
}

}  // namespace gan
