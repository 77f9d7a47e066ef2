#pragma once

#include "gan/networks/architecture.h"

namespace gan {

/// features -> outputs: one linear layer, spectrally normalised where `d_norm` says so.
Network linear_head(const Trunk& trunk, int64_t outputs, const NetworkOptions& options, Budget& budget);

/// Minibatch discrimination, then `linear_head` (Salimans et al. 2016, arXiv:1606.03498, section 3.2). The layer adds
/// `kernels` numbers to an example's features: how close the example is to the others of its batch, measured by
/// learned projections of `size` numbers.
Network minibatch_discrimination_head(const Trunk& trunk, int64_t outputs, int64_t kernels, int64_t size,
                                      const NetworkOptions& options, Budget& budget);

/// [N, inputs] -> [N, outputs], for a discriminator of latents. Two hidden layers of 1000, as in Makhzani et al. 2015,
/// arXiv:1511.05644, appendix A, but with LeakyReLU 0.2; dropout follows them as `options` say.
Network mlp_head(int64_t inputs, int64_t outputs, const NetworkOptions& options, Budget& budget);

/// One-hot labels [N, classes] to a learned vector [N, features] for each class: linear, without bias, spectrally
/// normalised where `d_norm` says so (Miyato and Koyama 2018, arXiv:1802.05637).
Network embedding(int64_t classes, int64_t features, const NetworkOptions& options, Budget& budget);

/// features -> outputs by way of one hidden layer of 128 with LeakyReLU, as InfoGAN's recognition network has (Chen et
/// al. 2016, arXiv:1606.03657, appendix C.1), but without batch norm.
Network recognition_head(const Trunk& trunk, int64_t outputs, Budget& budget);

/// The layers of both, one after the other: the layers themselves, not copies, under their names.
Network joined(const Network& trunk, const Network& head);

}  // namespace gan
