#include "gan/networks/upconv.h"

namespace gan {

namespace {

torch::nn::Conv2d conv5x5(int64_t in, int64_t out, int64_t padding) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 5).padding(padding));
}

torch::nn::Upsample nearest_x2() {
  return torch::nn::Upsample(
      torch::nn::UpsampleOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kNearest));
}

}  // namespace

Network upconv_generator(const NetworkOptions& options, ImageShape images) {
  const int64_t height = images.height / 4, width = images.width / 4, features = 128 * height * width;
  torch::nn::Sequential net;
  net->push_back("linear1", torch::nn::Linear(options.latent_size, 1024));
  net->push_back("tanh1", torch::nn::Tanh());
  net->push_back("linear2", torch::nn::Linear(1024, features));
  net->push_back("norm2", torch::nn::BatchNorm1d(torch::nn::BatchNormOptions(features).eps(1e-3).momentum(0.01)));
  net->push_back("tanh2", torch::nn::Tanh());
  net->push_back("maps", torch::nn::Unflatten(torch::nn::UnflattenOptions(1, {128, height, width})));
  net->push_back("up3", nearest_x2());
  net->push_back("conv3", conv5x5(128, 64, 2));
  net->push_back("tanh3", torch::nn::Tanh());
  net->push_back("up4", nearest_x2());
  net->push_back("conv4", conv5x5(64, images.channels, 2));
  net->push_back("tanh4", torch::nn::Tanh());
  return net.ptr();
}

Network upconv_discriminator(const NetworkOptions& options, ImageShape images) {
  const int64_t height = (images.height / 2 - 4) / 2, width = (images.width / 2 - 4) / 2;
  torch::nn::Sequential net;
  net->push_back("conv1", conv5x5(images.channels, 64, 2));
  net->push_back("tanh1", torch::nn::Tanh());
  net->push_back("pool1", torch::nn::MaxPool2d(2));
  net->push_back("conv2", conv5x5(64, 128, 0));
  net->push_back("tanh2", torch::nn::Tanh());
  net->push_back("pool2", torch::nn::MaxPool2d(2));
  net->push_back("flatten", torch::nn::Flatten());
  net->push_back("linear3", torch::nn::Linear(128 * height * width, 1024));
  net->push_back("tanh3", torch::nn::Tanh());
  if (options.dropout > 0 && options.dropout_last) net->push_back("dropout3", torch::nn::Dropout(options.dropout));
  net->push_back("linear4", torch::nn::Linear(1024, 1));
  return net.ptr();
}

int64_t upconv_parameters(const NetworkOptions& options, ImageShape images) {
  const int64_t features = 128 * (images.height / 4) * (images.width / 4), c = images.channels, k = 5 * 5;
  const int64_t flat = 128 * ((images.height / 2 - 4) / 2) * ((images.width / 2 - 4) / 2);
  const int64_t generator =
      (options.latent_size + 1) * 1024 + (1024 + 1 + 2) * features + (128 * k + 1) * 64 + (64 * k + 1) * c;
  const int64_t discriminator = (c * k + 1) * 64 + (64 * k + 1) * 128 + (flat + 1) * 1024 + (1024 + 1);
  return generator + discriminator;
}

std::string upconv_refusal(ImageShape images) {
  const auto fits = [](int64_t side) { return side >= 12 && side % 4 == 0; };
  return fits(images.height) && fits(images.width) ? "" : "sides that are multiples of 4, 12 or more";
}

}  // namespace gan
