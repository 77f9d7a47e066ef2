#pragma once

#include "gan/networks/architecture.h"

namespace gan {

/// Fully connected, for images of any size (784 stands for C * H * W).
///
///   decoder                                   trunk
///   linear  inputs -> 256, LeakyReLU 0.2      flatten   784
///   linear     256 -> 512, LeakyReLU 0.2      linear    784 -> 1024, LeakyReLU 0.2, dropout
///   linear     512 -> 1024, LeakyReLU 0.2     linear   1024 -> 512,  LeakyReLU 0.2, dropout
///   linear    1024 -> 784, tanh               linear    512 -> 256,  LeakyReLU 0.2, dropout
///   unflatten  784 -> [C, H, W]
///                                             head of a discriminator
///                                             linear    256 -> 1
Network mlp_decoder(const NetworkOptions& options, int64_t inputs, ImageShape images, Budget& budget);
Trunk mlp_trunk(const NetworkOptions& options, ImageShape images, Budget& budget);

}  // namespace gan
