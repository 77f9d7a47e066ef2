#pragma once

#include <string>

#include "gan/data/dataset.h"
#include "gan/training/options.h"

namespace gan {

/// Whether a run that was stopped, saved and loaded again ends with the same bits as one that never was.
struct ResumeCheck {
  bool same = false;
  std::string report;  ///< a line for each thing compared
};

/// Trains `steps` steps straight, and as many with a save and a load at their middle, in a folder aside that is gone
/// afterwards, and compares everything that the two leave: weights, averages, moments, random generators, order of
/// images, grids, and metrics (times and memory aside). Throws Error.
ResumeCheck verify_resume(const Options& options, const Dataset& data, int64_t steps);

}  // namespace gan
