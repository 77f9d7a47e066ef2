#pragma once

#include "gan/networks/network.h"

namespace gan {

/// Prepares a new network. Sets its weights, drawn from LibTorch's default CPU generator:
///   standard  as LibTorch makes its layers: uniform, bounded by 1 / sqrt(fan in); draws nothing
///   xavier    weights uniform within sqrt(6 / (fan in + fan out)), biases 0; Keras's default
///             (Glorot and Bengio 2010, eq. 16)
///   dcgan     weights normal(0, 0.02), scales of norms normal(1, 0.02), biases 0
///             (Radford et al. 2016, arXiv:1511.06434, section 4)
/// Makes weights of convolutions channels-last: activations follow, so oneDNN and cuDNN reorder nothing.
void initialize(const Network& network, Init init);

}  // namespace gan
