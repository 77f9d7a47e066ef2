#pragma once

#include "gan/networks/network.h"

namespace gan {

/// Fully connected, for images of any size (784 stands for C * H * W).
///
///   generator                              discriminator
///   linear     100 -> 256, LeakyReLU 0.2   flatten    784
///   linear     256 -> 512, LeakyReLU 0.2   linear     784 -> 1024, LeakyReLU 0.2, dropout
///   linear     512 -> 1024, LeakyReLU 0.2  linear    1024 -> 512,  LeakyReLU 0.2, dropout
///   linear    1024 -> 784, tanh            linear     512 -> 256,  LeakyReLU 0.2, dropout
///   unflatten  784 -> [C, H, W]            linear     256 -> 1
Network mlp_generator(const NetworkOptions& options, ImageShape images);
Network mlp_discriminator(const NetworkOptions& options, ImageShape images);

/// Numbers that both together learn.
int64_t mlp_parameters(const NetworkOptions& options, ImageShape images);

}  // namespace gan
