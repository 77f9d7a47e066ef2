#pragma once

#include "gan/networks/network.h"

namespace gan {

/// Multiplications and additions of a network for one example, forward, counted from its convolutions and linear layers
/// as they are defined: a convolution 2 k k C_in an output number, a transposed one 2 k k C_out an input number, a
/// linear layer 2 inputs an output. All else is little beside them.
struct Cost {
  double all = 0;
  double first = 0;             ///< of the first such layer, whose input needs no gradient when it is data or noise
  std::vector<int64_t> output;  ///< shape of what the network makes of an example
};

/// `input`: the shape of one example, without the batch.
Cost forward_cost(const Network& network, at::IntArrayRef input);

}  // namespace gan
