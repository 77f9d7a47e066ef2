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
};

const std::vector<Recipe>& recipes();

/// Throws Error with the list of names for an unknown one.
const Recipe& find_recipe(const std::string& name);

/// The recipes of the plain GAN side by side, one line per option: first those in which they differ. "-": the recipe's
/// networks, optimizers or losses do not read the option. Then the families' recipes, as they differ from the first.
std::string recipe_table();

}  // namespace gan
