#include "gan/networks/mlp.h"

#include "layers.h"

namespace gan {

Network mlp_generator(const NetworkOptions& options, ImageShape images) {
  const int64_t pixels = images.channels * images.height * images.width;
  torch::nn::Sequential net;
  net->push_back("linear1", torch::nn::Linear(options.latent_size, 256));
  net->push_back("act1", leaky_relu());
  net->push_back("linear2", torch::nn::Linear(256, 512));
  net->push_back("act2", leaky_relu());
  net->push_back("linear3", torch::nn::Linear(512, 1024));
  net->push_back("act3", leaky_relu());
  net->push_back("linear4", torch::nn::Linear(1024, pixels));
  net->push_back("tanh", torch::nn::Tanh());
  net->push_back("image",
                 torch::nn::Unflatten(torch::nn::UnflattenOptions(1, {images.channels, images.height, images.width})));
  return net.ptr();
}

Network mlp_discriminator(const NetworkOptions& options, ImageShape images) {
  const int64_t pixels = images.channels * images.height * images.width;
  torch::nn::Sequential net;
  net->push_back("flatten", torch::nn::Flatten());
  net->push_back("linear1", torch::nn::Linear(pixels, 1024));
  net->push_back("act1", leaky_relu());
  if (options.dropout > 0) net->push_back("dropout1", torch::nn::Dropout(options.dropout));
  net->push_back("linear2", torch::nn::Linear(1024, 512));
  net->push_back("act2", leaky_relu());
  if (options.dropout > 0) net->push_back("dropout2", torch::nn::Dropout(options.dropout));
  net->push_back("linear3", torch::nn::Linear(512, 256));
  net->push_back("act3", leaky_relu());
  if (options.dropout > 0 && options.dropout_last) net->push_back("dropout3", torch::nn::Dropout(options.dropout));
  net->push_back("linear4", torch::nn::Linear(256, 1));
  return net.ptr();
}

int64_t mlp_parameters(const NetworkOptions& options, ImageShape images) {
  const int64_t pixels = images.channels * images.height * images.width;
  const int64_t between = (256 + 1) * 512 + (512 + 1) * 1024;
  const int64_t generator = (options.latent_size + 1) * 256 + between + (1024 + 1) * pixels;
  const int64_t discriminator = (pixels + 1) * 1024 + (1024 + 1) * 512 + (512 + 1) * 256 + (256 + 1);
  return generator + discriminator;
}

}  // namespace gan
