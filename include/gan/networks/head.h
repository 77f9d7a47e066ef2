#pragma once

#include "gan/networks/architecture.h"

namespace gan {

/// A trunk of the architecture for a discriminator of images, with minibatch discrimination at its end where `options`
/// ask for it.
Trunk discriminator_trunk(const NetworkOptions& options, ImageShape images, Budget& budget);

/// [N, inputs] -> [N, 1000], for a discriminator of latents: two hidden layers of 1000, as in Makhzani et al. 2015,
/// arXiv:1511.05644, appendix A, but with LeakyReLU 0.2. Dropout and minibatch discrimination as `options` say.
Trunk latent_trunk(int64_t inputs, const NetworkOptions& options, Budget& budget);

/// Adds minibatch discrimination to a trunk (Salimans et al. 2016, arXiv:1606.03498, section 3.2): `kernels.count`
/// numbers that say how close an example is to the others of its batch, measured by learned projections to
/// `kernels.size` numbers.
Trunk with_minibatch_discrimination(const Trunk& trunk, MinibatchKernels kernels, Budget& budget);

/// features -> outputs: one linear layer, spectrally normalised where `d_norm` says so.
Network linear_head(const Trunk& trunk, int64_t outputs, const NetworkOptions& options, Budget& budget);

/// [features, given] -> [N, 1], for a discriminator of pairs: two hidden layers of 512 and 256, with LeakyReLU and
/// dropout. `given`: numbers that come with an image, which one layer could not compare with its features.
Network pair_head(const Trunk& trunk, int64_t given, const NetworkOptions& options, Budget& budget);

/// One-hot labels [N, classes] to a learned vector [N, features] for each class: linear, without bias, spectrally
/// normalised where `d_norm` says so (Miyato and Koyama 2018, arXiv:1802.05637).
Network embedding(int64_t classes, int64_t features, const NetworkOptions& options, Budget& budget);

/// features -> outputs by way of one hidden layer of 128 with LeakyReLU, as InfoGAN's recognition network has (Chen et
/// al. 2016, arXiv:1606.03657, appendix C.1), but without batch norm.
Network recognition_head(const Trunk& trunk, int64_t outputs, Budget& budget);

/// The layers of both, one after the other: the layers themselves, not copies, under their names.
Network joined(const Network& trunk, const Network& head);

}  // namespace gan
