#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace gan {

/// What --help shows besides the flags.
struct Help {
  struct Example {
    std::string command, what;
  };
  std::vector<Example> examples;
  std::vector<std::string> common;  ///< flags, without dashes, in the order of --help; empty: it shows all
};

/// Thrown by a flag that asks for a text, which the program then prints.
struct AskedFor {
  std::string text;
};

/// Adds --help, --help-all and --version to `app`, and --generate, which packagers use (generate.h). Help shows all its
/// flags with their default values, as wide as the screen.
void add_help(CLI::App& app, const Help& help);

/// Whether the command line asked for --help or --help-all.
bool wants_help(const CLI::App& app);

}  // namespace gan
