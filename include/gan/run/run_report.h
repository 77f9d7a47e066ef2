#pragma once

#include <string>

#include "gan/run/folder.h"

namespace gan {

/// The page report.html of a run, made of the files in its folder alone: curves, grids, warnings, options, log. It
/// needs nothing from elsewhere. Of very many grids or lines of metrics it holds some, spread over the run. Throws
/// Error.
std::string run_report(const RunFolder& folder);

/// Writes it into the folder. Throws Error.
void write_run_report(const RunFolder& folder);

}  // namespace gan
