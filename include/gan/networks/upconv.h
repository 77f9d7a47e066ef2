#pragma once

#include "gan/networks/architecture.h"

namespace gan {

/// The classic Keras pair: nearest upsampling, tanh everywhere. For images whose sides are multiples of 4, 12 or more
/// (28 and 7 stand for side and side / 4). Sides are halved until `smallest_maps` pixels are left, if they can be, and
/// at least twice: images of 64 pixels have a layer of each kind more, 128 two, and channels go on doubling up to
/// `max_channels`. Batch norm has
/// Keras's constants: eps 1e-3, running averages that move by 0.01.
///
///   decoder                                       trunk
///   linear  inputs -> 1024, tanh                  conv      5x5 -> 64 [28, 28], same, tanh
///   linear    1024 -> 6272, batch norm, tanh      max pool  2 [14, 14]
///   unflatten [128, 7, 7]                         conv      5x5 -> 128 [10, 10], valid, tanh
///   nearest   x2 [14, 14]                         max pool  2 [5, 5]
///   conv      5x5 -> 64, same, tanh               flatten   3200
///   nearest   x2 [28, 28]                         linear    3200 -> 1024, tanh, dropout (none by default)
///   conv      5x5 -> C, same, tanh
///                                                 head of a discriminator
///                                                 linear    1024 -> 1
Network upconv_decoder(const NetworkOptions& options, int64_t inputs, ImageShape images, Budget& budget);
Trunk upconv_trunk(const NetworkOptions& options, ImageShape images, Budget& budget);

/// The images that it makes, in words, if those given are others; else empty.
std::string upconv_refusal(ImageShape images);

}  // namespace gan
