#pragma once

#include <string>

#include "gan/run/folder.h"
#include "gan/run/progress.h"
#include "gan/run/start.h"
#include "gan/run/trainer.h"

namespace gan {

/// How the line of the log begins that says on which machine, and with which versions, the run is trained.
constexpr const char* kMachine = "machine: ";

// What gan-train tells its user, besides the progress of training. `trainer` has loaded the checkpoint of `start`, if
// there is one; `folder` is the run's.

/// What to know before the first step: networks, what was damaged or differs at a resume, who judges or why nobody
/// does, what the numbers mean.
void tell_start(const Start& start, const Trainer& trainer, const RunFolder& folder, const std::string& why_not_judged,
                Progress& progress);

/// Where a signal stopped the run, and the command that resumes it. `program` is the name it was called by.
void tell_stop(const Trainer& trainer, const RunFolder& folder, const std::string& program, Progress& progress);

/// The run's files, checksum, best evaluation and length, a line each.
std::string results(const Trainer& trainer, const RunFolder& folder);

}  // namespace gan
