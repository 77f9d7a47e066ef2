#pragma once

#include "gan/networks/network.h"

namespace gan {

/// Strided convolutions and batch norm (Radford, Metz and Chintala 2016, arXiv:1511.06434, section 3), with LeakyReLU
/// 0.2 in both networks. For square images of 28 or 32 pixels; b is `base_channels`; the wide one has b = 64.
///
///   generator                                   discriminator
///   linear     100 -> 8b*4*4, as [8b, 4, 4],    conv  4x4 stride 2 ->  b [14, 14], batch norm, LeakyReLU
///              batch norm, LeakyReLU            conv  4x4 stride 2 -> 2b [7, 7],   batch norm, LeakyReLU
///   conv^T     4x4 stride 1 -> 4b [7, 7],       conv  4x4 stride 2 -> 4b [4, 4],   batch norm, LeakyReLU
///              batch norm, LeakyReLU            flatten  4b*4*4
///   conv^T     4x4 stride 2 -> 2b [14, 14],     linear -> 1
///              batch norm, LeakyReLU
///   conv^T     4x4 stride 2 -> C [28, 28], tanh
///
/// Where 7 become 4, maps are padded by 2 before and 1 after; with `same_padding` by 1 before and 2 after, as
/// TensorFlow does. Batch norm has `norm_eps` and `norm_momentum`.
///
/// For 32 pixels the maps are [4, 4], [8, 8], [16, 16], [32, 32] and every stride is 2. Layers before a batch norm have
/// no bias: the norm would take it away. Dropout (none by default) follows each LeakyReLU of the discriminator.
/// With another `d_norm` the discriminator's convolutions have biases instead of batch norms; with `minibatch_std` one
/// map more goes into its last layer.
Network dcgan_generator(const NetworkOptions& options, ImageShape images);
Network dcgan_discriminator(const NetworkOptions& options, ImageShape images);

/// Numbers that both together learn.
int64_t dcgan_parameters(const NetworkOptions& options, ImageShape images);

/// What images this network asks for, if these are not such; empty if they are.
std::string dcgan_refusal(ImageShape images);

}  // namespace gan
