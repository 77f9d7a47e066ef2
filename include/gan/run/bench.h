#pragma once

#include <string>

#include "gan/data/dataset.h"
#include "gan/training/options.h"

namespace gan {

/// Trains for about `seconds` in a temporary folder and reports where the time of a step goes, what grids, metrics and
/// checkpoints cost at their intervals, and how near a step is to this machine's limit. Empty if a signal asked to
/// stop. Throws Error.
std::string bench(const Options& options, const Dataset& data, double seconds = 10);

/// fp32 or bf16, whichever is faster for a step of these options on this machine; bf16 only if it is 5 % faster.
/// Resolve Precision::automatic with it before training.
Precision quicker_precision(const Options& options, const Dataset& data);

}  // namespace gan
