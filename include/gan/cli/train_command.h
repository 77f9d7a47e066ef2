#pragma once

#include <optional>
#include <string>

#include "gan/run/session.h"

namespace gan {

/// What a command line of gan-train asks for.
struct TrainCommand {
  SessionRequest session;
  std::optional<std::string> print;  ///< print only this: help, version, table of recipes
};

/// Throws Error with the flag, what was expected and what was got. Reads no file but the one of --config.
TrainCommand parse_train_command(int argc, const char* const* argv);

}  // namespace gan
