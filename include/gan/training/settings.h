#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gan/training/config.h"
#include "gan/training/options.h"

namespace gan {

/// An option with the text that sets it: {"batch-size", "64"}.
struct Setting {
  std::string flag, text;
};

/// The options that a user sets: in a config file, and by flags, which win.
struct Settings {
  std::optional<Config> config;
  std::vector<Setting> flags;  ///< in the order in which to set them

  /// The text that a flag gives the option; nullptr if no flag sets it.
  const std::string* flag(const std::string& name) const;
};

/// The options of the recipe that the settings select: by --recipe, by --model or by --arch, whose recipes have the
/// same names, each by flag before the file; else the first recipe's. Throws Error for an unknown recipe.
Options recipe_options(const Settings& settings);

/// `base` with the settings. Throws Error for a value out of range and for an option that is set and that nothing
/// reads; drops values of `base` that nothing reads any more.
Options resolved(const Options& base, const Settings& settings);

}  // namespace gan
