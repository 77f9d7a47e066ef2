#include "gan/networks/cost.h"

#include "layers.h"

namespace gan {

namespace {

double cost_of(const torch::nn::Module& layer, const at::Tensor& in, const at::Tensor& out) {
  const auto numbers = [](const at::Tensor& x) { return static_cast<double>(x.numel()); };
  if (const auto* linear = layer.as<torch::nn::LinearImpl>()) return 2 * numbers(linear->weight);
  if (const auto* conv = layer.as<torch::nn::Conv2dImpl>()) {
    return 2 * numbers(out) * numbers(conv->weight) / static_cast<double>(conv->weight.size(0));
  }
  if (const auto* conv = layer.as<torch::nn::ConvTranspose2dImpl>()) {
    return 2 * numbers(in) * numbers(conv->weight) / static_cast<double>(conv->weight.size(0));
  }
  return 0;
}

}  // namespace

Cost forward_cost(const Network& network, at::IntArrayRef input) {
  Cost cost;
  each_output(network, input, [&](const torch::nn::Module& layer, const at::Tensor& in, const at::Tensor& out) {
    const double here = cost_of(layer, in, out);
    if (cost.all == 0) cost.first = here;
    cost.all += here;
    cost.output.assign(out.sizes().begin() + 1, out.sizes().end());
  });
  return cost;
}

}  // namespace gan
