#include "gan/networks/upconv.h"

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

}  // namespace

Network upconv_decoder(const NetworkOptions& options, int64_t inputs, ImageShape images, Budget& budget) {
  const int64_t height = images.height / 4, width = images.width / 4, features = 128 * height * width;
  NetworkBuilder net(budget);
  const bool is_virtual = options.virtual_batch_norm;
  if (is_virtual) net.add<Reference>("reference", 0, inputs);
  net.linear("linear1", inputs, 1024).tanh("tanh1").linear("linear2", 1024, features);
  is_virtual ? net.add<VirtualBatchNorm>("norm2", 2 * features, features, 1e-3).add<WithoutReference>("samples", 0)
             : net.batch_norm<torch::nn::BatchNorm1d>("norm2", features, 1e-3, 0.01);
  net.tanh("tanh2").unflatten("maps", 128, height, width);
  add_nearest_x2(net, "up3");
  net.conv("conv3", conv5x5(128, 64, 2)).tanh("tanh3");
  add_nearest_x2(net, "up4");
  net.conv("conv4", conv5x5(64, images.channels, 2)).tanh("tanh4");
  return net.network();
}

Trunk upconv_trunk(const NetworkOptions& options, ImageShape images, Budget& budget) {
  const int64_t height = (images.height / 2 - 4) / 2, width = (images.width / 2 - 4) / 2, features = 1024;
  NetworkBuilder net(budget);
  net.conv("conv1", conv5x5(images.channels, 64, 2)).tanh("tanh1").max_pool("pool1");
  net.conv("conv2", conv5x5(64, 128, 0)).tanh("tanh2").max_pool("pool2");
  net.flatten().linear("linear3", 128 * height * width, features).tanh("tanh3");
  net.dropout("3", options, /*last=*/true);
  return {net.network(), features, 3};
}

std::string upconv_refusal(ImageShape images) {
  const auto fits = [](int64_t side) { return side >= 12 && side % 4 == 0; };
  return fits(images.height) && fits(images.width) ? "" : "sides that are multiples of 4, 12 or more";
}

}  // namespace gan
