#pragma once

#include "gan/networks/architecture.h"

namespace gan {

/// A generator and a discriminator, initialised. Throws Error (see `require_image_shape`).
struct NetworkPair {
  Network generator, discriminator;
  int64_t latent_size = 0;
};
NetworkPair build_networks(const NetworkOptions& options, ImageShape images);

/// Weights of both networks, without building them.
int64_t parameter_count(const NetworkOptions& options, ImageShape images);

int64_t smallest_batch(Arch arch);

}  // namespace gan
