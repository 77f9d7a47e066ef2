#include "gan/training/settings.h"

#include <algorithm>

#include "gan/training/recipes.h"

namespace gan {

namespace {

/// The text of the last of these settings of that option; nullptr if there is none.
template <class Settings>
const std::string* last_text(const Settings& settings, const std::string& flag) {
  const auto found = std::find_if(settings.rbegin(), settings.rend(), [&](const auto& s) { return s.flag == flag; });
  return found == settings.rend() ? nullptr : &found->text;
}

/// A whole run's file has all options, so another recipe's name would be a wrong label.
void require_one_recipe(const Settings& settings) {
  const std::string* flag = settings.flag("recipe");
  if (flag == nullptr || !settings.config || !settings.config->of_a_whole_run) return;
  const std::string* of_the_run = last_text(settings.config->entries, "recipe");
  if (of_the_run == nullptr || *of_the_run == *flag) return;
  throw Error(
      "--recipe " + *flag + ": " + settings.config->path.string() + " holds a whole run of recipe " + *of_the_run,
      "leave one of both out");
}

}  // namespace

const std::string* Settings::flag(const std::string& name) const {
  return last_text(flags, name);
}

Options recipe_options(const Settings& settings) {
  require_one_recipe(settings);
  for (const char* option : {"recipe", "model", "arch"}) {
    const std::string* name = settings.flag(option);
    if (name == nullptr && settings.config) {
      if (settings.config->of_a_whole_run) return {};  // the file has all options, of a recipe that may be gone
      name = last_text(settings.config->entries, option);
    }
    if (name == nullptr || *name == to_text(ModelOptions().model)) continue;  // --arch says which of its recipes
    return find_recipe(*name).options;
  }
  return recipes().front().options;
}

Options resolved(const Options& base, const Settings& settings) {
  Options options = base;
  if (settings.config) apply(*settings.config, options);
  for (const auto& [flag, text] : settings.flags) set_option(options, flag, text);
  if (settings.config) with_context("--config", [&] { require_readers(*settings.config, options); });
  for (const auto& setting : settings.flags) require_reader(options, setting.flag);
  options = only_read(options);
  validate(options);
  return options;
}

}  // namespace gan
