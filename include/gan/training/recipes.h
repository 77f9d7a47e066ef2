#pragma once

#include <string>
#include <vector>

#include "gan/training/options.h"

namespace gan {

/// A complete setting with a name. docs/recipes.md says where each comes from.
struct Recipe {
  std::string name;
  std::string about;
  Options options;
};

const std::vector<Recipe>& recipes();

/// Throws Error with the names there are.
const Recipe& find_recipe(const std::string& name);

/// All recipes side by side, a line an option.
std::string recipe_table();

}  // namespace gan
