#include "network_builder.h"

namespace gan {

NetworkBuilder& NetworkBuilder::leaky_relu(const std::string& name) {
  return add<torch::nn::LeakyReLU>(name, 0, torch::nn::LeakyReLUOptions().negative_slope(0.2).inplace(true));
}

NetworkBuilder& NetworkBuilder::unflatten(const std::string& name, int64_t channels, int64_t height, int64_t width) {
  return add<torch::nn::Unflatten>(name, 0, torch::nn::UnflattenOptions(1, {channels, height, width}));
}

NetworkBuilder& NetworkBuilder::dropout(const std::string& number, const NetworkOptions& options, bool last) {
  if (options.dropout <= 0 || (last && !options.dropout_last)) return *this;
  return add<torch::nn::Dropout>("dropout" + number, 0, options.dropout);
}

int64_t NetworkBuilder::hidden_layers(int64_t inputs, const std::vector<int64_t>& sizes,
                                      const NetworkOptions& options) {
  for (size_t i = 0; i < sizes.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    linear("linear" + number, inputs, sizes[i]).leaky_relu("act" + number);
    dropout(number, options, i + 1 == sizes.size());
    inputs = sizes[i];
  }
  return inputs;
}

}  // namespace gan
