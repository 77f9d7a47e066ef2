#pragma once

#include <vector>

namespace gan {

/// LeakyReLU with the slope that all these networks have, 0.2, writing over its input.
inline torch::nn::LeakyReLU leaky_relu() {
  return torch::nn::LeakyReLU(torch::nn::LeakyReLUOptions().negative_slope(0.2).inplace(true));
}

/// Makes oneDNN and cuDNN work on channels-last maps throughout: activations follow the weights.
inline void use_channels_last(const Network& network) {
  for (auto& parameter : network->parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

/// Calls visit(layer, its input, its output) for each layer, given zeros for one example of shape `input`.
template <class Visit>
void each_output(const std::shared_ptr<torch::nn::SequentialImpl>& network, at::IntArrayRef input, const Visit& visit) {
  const torch::NoGradGuard no_grad;
  const bool training = network->is_training();
  network->eval();  // batch norm takes a batch of one only so
  std::vector<int64_t> sizes{1};
  sizes.insert(sizes.end(), input.begin(), input.end());
  at::Tensor x = at::zeros(sizes, network->parameters().at(0).options());
  for (auto& layer : *network) {
    const at::Tensor in = x;
    x = layer.forward(in);
    visit(*layer.ptr(), in, x);
  }
  network->train(training);
}

}  // namespace gan
