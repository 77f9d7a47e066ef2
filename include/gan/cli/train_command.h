#pragma once

#include <optional>
#include <string>

#include "gan/run/options.h"

namespace gan {

/// What a command line of gan-train asks for.
struct TrainCommand {
  Options options;  ///< resolved: default < recipe < --config file < flag
  std::string out;
  std::string resume;  ///< the run folder to go on with
  Dict checkpoint;     ///< its newest checkpoint, whose options take the place of defaults and recipe
  bool quiet = false;
  bool dry_run = false;
  std::optional<std::string> print;  ///< only this is to be printed: help, version, list of recipes
};

/// Throws Error with the flag, what was expected and what was got. Reads files (--config, a checkpoint), writes none.
TrainCommand parse_train_command(int argc, const char* const* argv);

}  // namespace gan
