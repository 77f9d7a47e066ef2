#pragma once

#include "gan/networks/budget.h"
#include "gan/networks/network.h"

namespace gan {

/// Makes a network layer by layer. Each layer pays for its weights before it takes memory, then draws them from
/// LibTorch's default CPU generator.
class NetworkBuilder {
 public:
  explicit NetworkBuilder(Budget& budget) : budget_(budget) {}

  /// Pays for `weights`, then adds Layer(arguments...).
  template <class Layer, class... Arguments>
  NetworkBuilder& add(std::string name, int64_t weights, const Arguments&... arguments) {
    budget_.pay(weights);
    network_->push_back(std::move(name), Layer(arguments...));
    return *this;
  }

  template <class Layer = torch::nn::Linear>
  NetworkBuilder& linear(const std::string& name, int64_t in, int64_t out, bool bias = true) {
    return add<Layer>(name, (in + bias) * out, torch::nn::LinearOptions(in, out).bias(bias));
  }
  /// Also SpectralConv2d, and ConvTranspose2d with its own options.
  template <class Layer = torch::nn::Conv2d, class Options>
  NetworkBuilder& conv(const std::string& name, const Options& options) {
    const int64_t taps = options.kernel_size()->at(0) * options.kernel_size()->at(1);
    return add<Layer>(name, (options.in_channels() * taps + options.bias()) * options.out_channels(), options);
  }
  template <class Layer = torch::nn::BatchNorm2d>
  NetworkBuilder& batch_norm(const std::string& name, int64_t channels, double eps = 1e-5, double momentum = 0.1) {
    return add<Layer>(name, 2 * channels, torch::nn::BatchNormOptions(channels).eps(eps).momentum(momentum));
  }

  NetworkBuilder& leaky_relu(const std::string& name);  ///< slope 0.2, in place
  NetworkBuilder& tanh(const std::string& name) { return add<torch::nn::Tanh>(name, 0); }
  NetworkBuilder& max_pool(const std::string& name) { return add<torch::nn::MaxPool2d>(name, 0, 2); }
  NetworkBuilder& flatten() { return add<torch::nn::Flatten>("flatten", 0); }
  NetworkBuilder& unflatten(const std::string& name, int64_t channels, int64_t height, int64_t width);

  /// D's dropout after its hidden layer `number`, if `options` ask for one there.
  NetworkBuilder& dropout(const std::string& number, const NetworkOptions& options, bool last = false);

  /// Linear layers of these sizes, each with LeakyReLU and `dropout`: "linear1", "act1", "dropout1", ... Gives the size
  /// of the last.
  int64_t hidden_layers(int64_t inputs, const std::vector<int64_t>& sizes, const NetworkOptions& options = {});

  Network network() const { return network_.ptr(); }

 private:
  Budget& budget_;
  torch::nn::Sequential network_;
};

}  // namespace gan
