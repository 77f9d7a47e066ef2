#pragma once

#include "gan/networks/architecture.h"

namespace gan {

/// Pixels [N, C, H, W] to numbers [N, outputs]: the architecture's trunk and a linear layer, without what makes a
/// discriminator of it: dropout, spectral norms, and layers that compare the examples of a batch.
Network encoder(const NetworkOptions& options, int64_t outputs, ImageShape images, Budget& budget);

}  // namespace gan
