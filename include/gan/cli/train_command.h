#pragma once

#include <optional>
#include <string>

#include "gan/run/checkpoint.h"
#include "gan/run/folder.h"
#include "gan/training/options.h"

namespace gan {

/// What a command line of gan-train asks for.
struct TrainCommand {
  Options options;                  ///< resolved: default < recipe < --config file < flag
  std::string data;                 ///< options.data, seen from here
  std::filesystem::path data_from;  ///< the folder that a relative options.data starts from; empty: the working folder
  std::string out;
  std::string resume, fork;              ///< folders of runs: to go on with, or to take weights from
  std::optional<RunFolder> folder;       ///< --resume: its folder, held for this process
  std::optional<Checkpoint> checkpoint;  ///< --resume, --fork: the run's newest whole one, if it has one
  std::string warning;       ///< --resume, --fork: what is to be said of the folder's options.toml; or empty
  int64_t verify_steps = 0;  ///< --verify-resume: over so many steps; 0 if not asked for
  bool bench = false;        ///< --bench: time steps, train nothing
  bool quiet = false;
  bool dry_run = false;
  std::optional<std::string> print;  ///< only this is to be printed: help, version, list of recipes
};

/// Throws Error with the flag, what was expected and what was got. Reads files (--config, checkpoints) and takes hold
/// of the folder to go on with; writes nothing else.
TrainCommand parse_train_command(int argc, const char* const* argv);

}  // namespace gan
