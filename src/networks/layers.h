#pragma once

namespace gan {

/// LeakyReLU with the slope that all these networks have, 0.2, writing over its input.
inline torch::nn::LeakyReLU leaky_relu() {
  return torch::nn::LeakyReLU(torch::nn::LeakyReLUOptions().negative_slope(0.2).inplace(true));
}

}  // namespace gan
