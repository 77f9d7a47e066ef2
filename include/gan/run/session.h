#pragma once

#include <cstdint>
#include <string>

#include "gan/run/start.h"

namespace gan {

/// What one call of gan-train does with a run. Training is the default.
struct SessionRequest {
  StartRequest start;
  int64_t verify_steps = 0;  ///< > 0: train so many steps with and without a resume, and compare
  bool bench = false;        ///< time the parts of a step
  bool quiet = false;        ///< only warnings on stderr
  bool no_report = false;    ///< leave no report.html, as a resumed run does that has none
  bool tensorboard = false;  ///< write TensorBoard's event files; a run that has some goes on with them
  std::string report;        ///< a run's folder: only write its report.html anew
  bool no_dist = false;      ///< train in this process alone, whatever the launcher says
  std::string cache;         ///< folder for prepared images, or "none"; empty: that of the run, for large data
  std::string preview;       ///< with a dry run: write a grid of the images that the networks will see to this PNG
};

/// Does it, prints results to stdout and gives the exit code: 0, 1 if a resume was not exact, or 128 + n if signal n
/// stopped it. `program` is the name it was called by. Throws Error, and Diverged for a run that cannot continue.
int run_session(const SessionRequest& request, const std::string& program);

}  // namespace gan
