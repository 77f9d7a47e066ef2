#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "gan/run/checkpoint.h"
#include "gan/run/folder.h"
#include "gan/training/settings.h"

namespace gan {

/// What a user asks a run to start from.
struct StartRequest {
  Settings settings;
  std::string out;             ///< folder of a new run; empty: the next of runs/00000-RECIPE
  std::string resume;          ///< folder of a run to go on with
  std::string fork;            ///< folder of a run whose settings and weights a new run begins with
  bool resume_if_any = false;  ///< --resume auto: go on with the run in `out` if there is one
  bool dry_run = false;        ///< change no folder
};

/// What a run begins or goes on with: its options, where its data is and what it continues.
struct Start {
  Options options;
  std::string data;                  ///< options.data as a path from the working folder
  std::filesystem::path data_from;   ///< the folder that a relative options.data is in; empty: the working folder
  std::filesystem::path out;         ///< of a new run, as in the request
  std::optional<RunFolder> resumed;  ///< locked for this process, unless it is a dry run
  bool forked = false;
  std::optional<Checkpoint> checkpoint;  ///< of the run to resume or fork: its newest whole one, if it has one
  std::string options_warning;           ///< about an options.toml that differs from the checkpoint's options; or empty
  bool done = false;                     ///< --resume auto: the run is over, nothing is left to do
};

/// Finds the run, its checkpoint and its data, and resolves its options. Throws Error.
Start find_start(const StartRequest& request);

}  // namespace gan
