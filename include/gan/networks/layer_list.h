#pragma once

#include <string>
#include <vector>

#include "gan/networks/network.h"

namespace gan {

/// A layer in words that Python understands: nn.TYPE(**ARGUMENTS) makes it, but for the few types that are ours alone
/// (SpectralConv2d, MinibatchStd, VirtualBatchNorm, ...).
struct LayerWords {
  std::string name;  ///< "conv2": its key in state_dict
  std::string type;  ///< "ConvTranspose2d"
  Dict arguments;    ///< {"in_channels": 128, ...}
};

/// The layers of a network, in their order.
std::vector<LayerWords> layer_list(const Network& network);

/// The same as a plain value, for files: [{"name", "type", "arguments"}, ...].
List to_value(const std::vector<LayerWords>& layers);

}  // namespace gan
