#include "gan/networks/refiner.h"

#include "network_builder.h"

namespace gan {

Network refiner(const NetworkOptions& options, ImageShape images, Budget& budget) {
  const int64_t b = options.base_channels;
  const auto same = [](int64_t in, int64_t out) { return torch::nn::Conv2dOptions(in, out, 3).padding(1); };
  NetworkBuilder net(budget);
  net.conv("conv1", torch::nn::Conv2dOptions(images.channels + 1, 2 * b, 4).stride(2).padding(1)).leaky_relu("act1");
  net.conv("conv2", same(2 * b, 4 * b)).leaky_relu("act2");
  net.conv("conv3", same(4 * b, 2 * b)).leaky_relu("act3");
  net.conv<torch::nn::ConvTranspose2d>(
      "conv4", torch::nn::ConvTranspose2dOptions(2 * b, images.channels, 4).stride(2).padding(1));
  return net.network();
}

}  // namespace gan
