#pragma once

#include "gan/networks/network.h"

namespace gan {

/// A small classifier for images with sides from 8 to 256 (28, 14, 7 and 3 stand for side, side / 2, ...). Gives logits
/// [N, classes].
///
///   conv 3x3  C -> 16 [28, 28], batch norm, LeakyReLU, max pool 2 [14, 14]
///   conv 3x3 16 -> 32 [14, 14], batch norm, LeakyReLU, max pool 2 [7, 7]
///   conv 3x3 32 -> 32 [7, 7],   batch norm, LeakyReLU, max pool 2 [3, 3]
///   flatten 288
///   linear 288 -> 64, LeakyReLU
///   linear  64 -> classes
///
/// On the CPU, in training mode, initialised from LibTorch's default CPU generator. Throws Error for images of other
/// sizes.
Network build_classifier(ImageShape images, int64_t classes);

/// What is wrong with images of this shape, in words; empty if it takes them.
std::string classifier_refusal(ImageShape images);

/// The classifier without its last layer, which gives an image's features [N, 64]; and the last layer alone. Both share
/// their layers with `network`.
Network all_but_last(const Network& network);
Network only_last(const Network& network);

}  // namespace gan
