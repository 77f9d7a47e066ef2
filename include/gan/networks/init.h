#pragma once

#include "gan/networks/network.h"

namespace gan {

/// Sets the weights of a new network, drawn from LibTorch's default CPU generator:
///   standard  as LibTorch makes its layers: uniform, bounded by 1 / sqrt(fan in)
///   xavier    weights uniform within sqrt(6 / (fan in + fan out)), biases 0, as is Keras's default
///             (Glorot and Bengio 2010, eq. 16)
///   dcgan     weights normal(0, 0.02), scales of norms normal(1, 0.02), biases 0
///             (Radford et al. 2016, arXiv:1511.06434, section 4)
void initialize(const Network& network, Init init);

}  // namespace gan
