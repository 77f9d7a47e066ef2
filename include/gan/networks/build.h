#pragma once

#include "gan/networks/network.h"

namespace gan {

/// A new pair of networks, on the CPU, in training mode, initialised from LibTorch's default CPU generator. Weights of
/// convolutions are channels-last. Throws Error (see `require_image_shape`).
struct NetworkPair {
  Network generator, discriminator;
  int64_t latent_size = 0;
};
NetworkPair build_networks(const NetworkOptions& options, ImageShape images);

/// Numbers that both networks learn, without building them: what a file says is checked by it before memory is taken.
int64_t parameter_count(const NetworkOptions& options, ImageShape images);

/// The fewest images a step that the architecture can be trained with: a batch norm of single numbers, one for each
/// image, has no variance in a batch of one.
int64_t smallest_batch(Arch arch);

/// Throws Error if the architecture cannot make images of this shape.
void require_image_shape(Arch arch, ImageShape images);

}  // namespace gan
