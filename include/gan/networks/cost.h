#pragma once

#include "gan/networks/network.h"

namespace gan {

/// Multiplications and additions in a forward pass of one example, counted from the definitions of convolutions (2 k k
/// C_in per output number), transposed convolutions (2 k k C_out per input number) and linear layers (2 inputs per
/// output number). Other layers cost little and are not counted.
struct Cost {
  double all = 0;
  double first = 0;             ///< of the first such layer, whose input needs no gradient when it is data or noise
  std::vector<int64_t> output;  ///< shape of the output for one example
};

/// `input`: the shape of one example, without the batch.
Cost forward_cost(const Network& network, at::IntArrayRef input);

}  // namespace gan
