#pragma once

#include <string>
#include <vector>

#include "gan/training/options.h"

namespace gan {

/// Values for all options, with a name. docs/recipes.md gives the source of each.
struct Recipe {
  std::string name;
  std::string about;
  Options options;
  bool varies_dcgan = false;  ///< `dcgan` but for a few options
};

const std::vector<Recipe>& recipes();

/// Throws Error with the list of names for an unknown one.
const Recipe& find_recipe(const std::string& name);

/// The recipes side by side, one line per option: first those in which they differ. "-": the recipe's networks,
/// optimizers or losses do not read the option. Then the ones that vary `dcgan`, as they differ from it.
std::string recipe_table();

}  // namespace gan
