#include "gan/networks/classifier.h"

#include <algorithm>

#include "layers.h"

namespace gan {

namespace {

constexpr int64_t kLeastSide = 8, kMostSide = 256, kFeatures = 64;

/// A network of some layers of another one.
Network part_of(const Network& network, size_t begin, size_t end) {
  const auto named = network->named_children().items();
  torch::nn::Sequential part;
  for (size_t i = begin; i < end; ++i) part->push_back(named[i].key(), *(network->begin() + static_cast<long>(i)));
  return part.ptr();
}

}  // namespace

Network build_classifier(ImageShape images, int64_t classes) {
  const auto [least, most] = std::minmax(images.height, images.width);
  if (least < kLeastSide || most > kMostSide) {
    throw Error("the classifier takes images of 8 to 256 pixels a side, got " + std::to_string(images.height) + "x" +
                std::to_string(images.width));
  }
  torch::nn::Sequential net;
  const auto block = [&](const std::string& number, int64_t in, int64_t out) {
    net->push_back("conv" + number, torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(false)));
    net->push_back("norm" + number, torch::nn::BatchNorm2d(out));
    net->push_back("act" + number, leaky_relu());
    net->push_back("pool" + number, torch::nn::MaxPool2d(2));
  };
  block("1", images.channels, 16);
  block("2", 16, 32);
  block("3", 32, 32);
  net->push_back("flatten", torch::nn::Flatten());
  net->push_back("linear4", torch::nn::Linear(32 * (images.height / 8) * (images.width / 8), kFeatures));
  net->push_back("act4", leaky_relu());
  net->push_back("linear5", torch::nn::Linear(kFeatures, classes));
  use_channels_last(net.ptr());
  return net.ptr();
}

Network all_but_last(const Network& network) {
  return part_of(network, 0, network->size() - 1);
}

Network only_last(const Network& network) {
  return part_of(network, network->size() - 1, network->size());
}

}  // namespace gan
