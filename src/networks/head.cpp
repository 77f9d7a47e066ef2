#include "gan/networks/head.h"

#include "layers.h"
#include "minibatch_discrimination.h"
#include "network_builder.h"
#include "spectral_norm.h"

namespace gan {

namespace {

std::string numbered(const std::string& kind, int64_t number) {
  return kind + std::to_string(number);
}

void add_last(NetworkBuilder& net, const std::string& name, int64_t features, int64_t outputs, Norm norm,
              bool bias = true) {
  norm == Norm::spectral ? net.linear<SpectralLinear>(name, features, outputs, bias)
                         : net.linear(name, features, outputs, bias);
}

}  // namespace

Trunk discriminator_trunk(const NetworkOptions& options, ImageShape images, Budget& budget) {
  return with_minibatch_discrimination(architecture(options.arch).trunk(options, images, budget),
                                       options.minibatch_discrimination, budget);
}

Trunk latent_trunk(int64_t inputs, const NetworkOptions& options, Budget& budget) {
  NetworkBuilder net(budget);
  const int64_t features = net.hidden_layers(inputs, {1000, 1000}, options);
  return with_minibatch_discrimination({net.network(), features, 2}, options.minibatch_discrimination, budget);
}

Trunk with_minibatch_discrimination(const Trunk& trunk, MinibatchKernels kernels, Budget& budget) {
  if (kernels.count == 0) return trunk;
  NetworkBuilder net(budget);
  net.add<MinibatchDiscrimination>(numbered("minibatch", trunk.layers + 1),
                                   trunk.features * kernels.count * kernels.size, trunk.features, kernels.count,
                                   kernels.size);
  return {joined(trunk.network, net.network()), trunk.features + kernels.count, trunk.layers + 1};
}

Network linear_head(const Trunk& trunk, int64_t outputs, const NetworkOptions& options, Budget& budget) {
  NetworkBuilder net(budget);
  add_last(net, numbered("linear", trunk.layers + 1), trunk.features, outputs, options.d_norm);
  return net.network();
}

Network pair_head(const Trunk& trunk, int64_t given, const NetworkOptions& options, Budget& budget) {
  NetworkBuilder net(budget);
  const int64_t features = net.hidden_layers(trunk.features + given, {512, 256}, options);
  add_last(net, "linear3", features, 1, options.d_norm);
  return net.network();
}

Network embedding(int64_t classes, int64_t features, const NetworkOptions& options, Budget& budget) {
  NetworkBuilder net(budget);
  add_last(net, "linear1", classes, features, options.d_norm, /*bias=*/false);
  return net.network();
}

Network recognition_head(const Trunk& trunk, int64_t outputs, Budget& budget) {
  NetworkBuilder net(budget);
  const int64_t hidden = net.hidden_layers(trunk.features, {128});
  return net.linear("linear2", hidden, outputs).network();
}

Network joined(const Network& trunk, const Network& head) {
  torch::nn::Sequential all;
  append_layers(*all, *trunk, 0, trunk->size());
  append_layers(*all, *head, 0, head->size());
  return all.ptr();
}

}  // namespace gan
