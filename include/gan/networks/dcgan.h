#pragma once

#include "gan/networks/architecture.h"

namespace gan {

/// Strided convolutions and batch norm (Radford, Metz and Chintala 2016, arXiv:1511.06434, section 3), with LeakyReLU
/// 0.2 in both networks. For square images of 28 pixels, or of 4 to 7 doubled three times or more; b is
/// `base_channels`; the paper's networks have b = 64 and 64 pixels.
///
///   decoder                                     trunk
///   linear     inputs -> 8b*4*4, as [8b, 4, 4], conv  4x4 stride 2 ->  b [14, 14], batch norm, LeakyReLU
///              batch norm, LeakyReLU            conv  4x4 stride 2 -> 2b [7, 7],   batch norm, LeakyReLU
///   conv^T     4x4 stride 1 -> 4b [7, 7],       conv  4x4 stride 2 -> 4b [4, 4],   batch norm, LeakyReLU
///              batch norm, LeakyReLU            flatten  4b*4*4
///   conv^T     4x4 stride 2 -> 2b [14, 14],
///              batch norm, LeakyReLU            head of a discriminator
///   conv^T     4x4 stride 2 -> C [28, 28], tanh linear 4b*4*4 -> 1
///
/// With a `depth` of k, k more layers follow each convolution but the decoder's last: conv 3x3 stride 1 that keeps
/// channels and size, batch norm, LeakyReLU; "conv2b" and "conv2c" after "conv2". The same norms, biases and dropout.
/// For other sides every stride is 2: the maps of 32 pixels are [4, 4], [8, 8], [16, 16], [32, 32]; those of 48 begin
/// with [6, 6]; 64 pixels have one layer more, 128 two, and channels go on doubling up to `max_channels`.
/// Layers before a batch norm have no bias, because the norm subtracts the mean. Batch norm has `norm_eps` and
/// `norm_momentum`. Dropout (none by default) follows each LeakyReLU of the trunk.
/// Where the trunk's maps shrink from 7 to 4, padding is 2 before and 1 after; with `same_padding` it is 1 before and
/// 2 after, as in TensorFlow. With another `d_norm` the trunk's convolutions have biases and no batch norm; without
/// `d_norm_last` only the last of them does.
/// `minibatch_std` adds one map before the flatten. With `virtual_batch_norm` the decoder's norms are virtual.
/// The trunk also takes 14 and 16 pixels, for LAPGAN, without its first convolution.
Network dcgan_decoder(const NetworkOptions& options, int64_t inputs, ImageShape images, Budget& budget);
Trunk dcgan_trunk(const NetworkOptions& options, ImageShape images, Budget& budget);

/// The images that it makes, in words, if those given are others; else empty.
std::string dcgan_refusal(ImageShape images);

}  // namespace gan
