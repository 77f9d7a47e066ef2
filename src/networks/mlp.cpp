#include "gan/networks/mlp.h"

#include "network_builder.h"

namespace gan {

namespace {

int64_t pixels(ImageShape images) {
  return images.channels * images.height * images.width;
}

}  // namespace

Network mlp_decoder(const NetworkOptions&, int64_t inputs, ImageShape images, Budget& budget) {
  NetworkBuilder net(budget);
  const int64_t features = net.hidden_layers(inputs, {256, 512, 1024});
  net.linear("linear4", features, pixels(images)).tanh("tanh");
  return net.unflatten("image", images.channels, images.height, images.width).network();
}

Trunk mlp_trunk(const NetworkOptions& options, ImageShape images, Budget& budget) {
  NetworkBuilder net(budget);
  const int64_t features = net.flatten().hidden_layers(pixels(images), {1024, 512, 256}, options);
  return {net.network(), features, 3};
}

}  // namespace gan
