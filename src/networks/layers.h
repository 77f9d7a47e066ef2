#pragma once

#include <string>
#include <vector>

namespace gan {

/// "Conv2d" of "torch::nn::Conv2dImpl".
inline std::string type_of(const torch::nn::Module& layer) {
  std::string name = layer.name();
  name = name.substr(name.rfind(':') + 1);
  return name.ends_with("Impl") ? name.substr(0, name.size() - 4) : name;
}

/// Appends layers [begin, end) of `from`: the layers themselves, not copies, under their names.
inline void append_layers(torch::nn::SequentialImpl& to, torch::nn::SequentialImpl& from, size_t begin, size_t end) {
  const auto named = from.named_children().items();
  for (size_t i = begin; i < end; ++i) to.push_back(named[i].key(), *(from.begin() + static_cast<long>(i)));
}

/// Calls visit(layer, its input, its output) for each layer, on one example of zeros of shape `input`.
template <class Visit>
void each_output(const std::shared_ptr<torch::nn::SequentialImpl>& network, at::IntArrayRef input, const Visit& visit) {
  const torch::NoGradGuard no_grad;
  const bool training = network->is_training();
  network->eval();  // in training, batch norm refuses a batch of one
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
