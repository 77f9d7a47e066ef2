#include "gan/networks/classifier.h"

#include <algorithm>

#include "gan/networks/init.h"
#include "layers.h"
#include "network_builder.h"

namespace gan {

namespace {

constexpr int64_t kLeastSide = 8, kMostSide = 256, kFeatures = 64;

Network part_of(const Network& network, size_t begin, size_t end) {
  torch::nn::Sequential part;
  append_layers(*part, *network, begin, end);
  return part.ptr();
}

}  // namespace

std::string classifier_refusal(ImageShape images) {
  const auto [least, most] = std::minmax(images.height, images.width);
  if (least >= kLeastSide && most <= kMostSide) return {};
  return "the classifier takes images of 8 to 256 pixels a side, got " + std::to_string(images.width) + "x" +
         std::to_string(images.height);
}

Network build_classifier(ImageShape images, int64_t classes) {
  if (const std::string refusal = classifier_refusal(images); !refusal.empty()) throw Error(refusal);
  Budget budget = Budget::of_run();
  NetworkBuilder net(budget);
  const auto block = [&](const std::string& number, int64_t in, int64_t out) {
    net.conv("conv" + number, torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(false));
    net.batch_norm("norm" + number, out).leaky_relu("act" + number).max_pool("pool" + number);
  };
  block("1", images.channels, 16);
  block("2", 16, 32);
  block("3", 32, 32);
  net.flatten().linear("linear4", 32 * (images.height / 8) * (images.width / 8), kFeatures).leaky_relu("act4");
  net.linear("linear5", kFeatures, classes);
  initialize(net.network(), Init::standard);
  return net.network();
}

Network all_but_last(const Network& network) {
  return part_of(network, 0, network->size() - 1);
}

Network only_last(const Network& network) {
  return part_of(network, network->size() - 1, network->size());
}

}  // namespace gan
