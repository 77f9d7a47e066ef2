#pragma once

#include <string>

#include "gan/data/dataset.h"
#include "gan/training/options.h"

namespace gan {

/// Trains for about `seconds` in a folder aside that is gone afterwards, and tells where the time of a step goes, what
/// grids, metrics and checkpoints cost at their intervals, and how near the step is to this machine's limit; nothing
/// if a signal asked to stop. Throws Error.
std::string bench(const Options& options, const Dataset& data, double seconds = 10);

/// fp32 or bf16, whichever takes a step of these options quicker here and now; bf16 only if it is so by a twentieth.
/// Options with Precision::automatic are to be given what this says before anything is trained.
Precision quicker_precision(const Options& options, const Dataset& data);

}  // namespace gan
