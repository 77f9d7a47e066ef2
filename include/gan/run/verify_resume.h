#pragma once

#include <string>

#include "gan/data/dataset.h"
#include "gan/training/options.h"

namespace gan {

/// Whether a run that was stopped, saved and loaded ends with the same bits as one that was not.
struct ResumeCheck {
  bool same = false;
  std::string report;  ///< a line for each thing compared
};

/// Trains `steps` steps twice in a temporary folder, once straight and once with a save and a load in the middle, and
/// compares what both leave: weights, averages, moments, random generators, order of images, grids, and metrics (except
/// times and memory). Throws Error.
ResumeCheck verify_resume(const Options& options, const Dataset& data, int64_t steps);

}  // namespace gan
