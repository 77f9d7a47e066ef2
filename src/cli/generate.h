#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <string>

#include "gan/base/choice.h"
#include "help.h"

namespace gan {

/// What is made of the table of flags besides --help: a manual page, or what completes flags in a shell.
enum class Generated { man, bash, zsh, fish };
constexpr auto choices(Generated) {
  return std::array<Choice<Generated>, 4>{
      {{Generated::man, "man"}, {Generated::bash, "bash"}, {Generated::zsh, "zsh"}, {Generated::fish, "fish"}}};
}

/// The text of that file, of all flags of `app`.
std::string generated(const CLI::App& app, const Help& help, Generated what);

}  // namespace gan
