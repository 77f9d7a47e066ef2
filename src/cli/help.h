#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace gan {

/// What --help shows beside the flags.
struct Help {
  struct Example {
    std::string command, what;
  };
  std::vector<Example> examples;
  std::vector<std::string> common;  ///< flags, without dashes, in the order of --help; empty: it shows all
};

/// Gives `app` its --help and --help-all, which show the flags that have been added by the time they are asked for,
/// with their values where none are given, as wide as the screen.
void add_help(CLI::App& app, const Help& help);

/// Whether the command line asked for --help or --help-all.
bool wants_help(const CLI::App& app);

}  // namespace gan
