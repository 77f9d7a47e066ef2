#include "gan/cli/train_command.h"

#include <fstream>

#include "app.h"
#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/cli/program.h"
#include "gan/run/checkpoint.h"
#include "gan/run/folder.h"
#include "gan/run/recipes.h"

namespace gan {

namespace {

/// Binds one option to its flag. `take` gets the text of its value.
template <class Field>
void bind_option(CLI::App& app, const OptionInfo& info, const Field& field,
                 std::function<void(const std::string&)> take) {
  if constexpr (std::is_same_v<Field, bool>) {
    add_switch(app, info.flag, info.group, info.help, [take](bool on) { take(to_text(on)); });
  } else {
    add_flag_with_text(app, info.flag, info.group, info.help, placeholder(field), to_text(field), take);
  }
}

/// The flags that set both players' optimizers.
void bind_both(CLI::App& app, Options& options) {
  each_optimizer_option(options.g_optimizer, "", [&](const auto& field, const OptionInfo& info) {
    const std::string flag = info.flag;
    bind_option(app, info, field, [&options, flag, scratch = field](const std::string& text) mutable {
      parse_option(OptionInfo{flag.c_str(), "", ""}, text, scratch);  // an error names the flag that was given
      set_option(options, "g-" + flag, text);
      set_option(options, "d-" + flag, text);
    });
  });
}

/// A flag for each option; what is not given leaves `options` as they are. Those for both players come before those for
/// one, which CLI11 hands over later, so that they win.
void bind_options(CLI::App& app, Options& options) {
  each_option(options, [&, both = false](const auto& field, const OptionInfo& info) mutable {
    const std::string flag = info.flag;
    if (flag.starts_with("g-") && !std::exchange(both, true)) bind_both(app, options);
    bind_option(app, info, field, [&options, flag](const std::string& text) { set_option(options, flag, text); });
  });
}

void apply_config(const std::string& path, Options& options) {
  CLI::App app;
  app.set_help_flag();
  app.allow_config_extras(CLI::config_extras_mode::error);
  bind_options(app, options);
  try {
    require_regular_file(path);
    std::ifstream file(path);
    if (!file) throw Error(path + ": cannot open");
    app.parse_from_stream(file);
  } catch (const CLI::ParseError& error) {
    throw Error("--config: " + path + ": " + error.what(), "its keys are the options that a run's options.toml lists");
  } catch (const Error& error) {
    const std::string what = error.what();
    throw Error("--config: " + (what.starts_with(path) ? "" : path + ": ") + what);
  } catch (const std::logic_error&) {  // CLI11 lets those of std::stoll out
    throw Error("--config: " + path + ": a switch takes true or false");
  }
}

/// The command line as given, bound to `command`.
struct Parser {
  CLI::App app{"Trains a GAN on small images.", "gan-train"};
  std::string config;
  bool list_recipes = false;

  explicit Parser(TrainCommand& command) {
    app.set_version_flag("--version", version_text("gan-train"))->group("Program");
    app.get_help_ptr()->group("Program");
    app.add_option("--config", config, "Read options from this TOML file; a run's options.toml replays it")
        ->group("Recipe")
        ->type_name("FILE");
    app.add_flag("--list-recipes", list_recipes, "Print all recipes, resolved")->group("Recipe");
    bind_options(app, command.options);
    app.add_option("--out", command.out, "The run's folder; by default the next of runs/00000-RECIPE")
        ->group("Output")
        ->type_name("DIR");
    app.add_option("--resume", command.resume, "Go on with the run in this folder")->group("Output")->type_name("DIR");
    app.add_flag("--quiet", command.quiet, "Only warnings on the screen")->group("Output");
    app.add_flag("--dry-run", command.dry_run, "Print networks and options, create nothing")->group("Output");
  }

  bool given(const std::string& flag) const { return app.count("--" + flag) > 0; }
};

/// The recipe that flags and file ask for: --recipe, or the one named like --arch.
std::string chosen_recipe(const Parser& given, const Options& flags, const Options& file, const Options& defaults) {
  if (given.given("recipe")) return flags.recipe;
  if (!file.recipe.empty()) return file.recipe;
  if (given.given("arch")) return to_text(flags.network.arch);
  return file.network.arch != defaults.network.arch ? to_text(file.network.arch) : defaults.recipe;
}

}  // namespace

TrainCommand parse_train_command(int argc, const char* const* argv) {
  // Three rounds over the same flags, since each level writes over the one before: first to see what is asked for at
  // all, then the config file upon the recipe, then the flags upon both.
  const Options defaults = recipes().front().options;
  TrainCommand first{.options = defaults};
  Parser look(first);
  const std::string text = parse(look.app, argc, argv);
  if (!text.empty()) return {.print = text};
  if (look.list_recipes) return {.print = recipe_table()};

  for (const auto& [flag, value] : {std::pair{"out", first.out}, {"resume", first.resume}, {"config", look.config}}) {
    if (look.given(flag) && value.empty()) throw Error("--" + std::string(flag) + ": expected a path, got nothing");
  }
  TrainCommand command;
  if (!first.resume.empty()) {
    if (!first.out.empty()) throw Error("--out: a resumed run stays in its folder, " + first.resume);
    command.checkpoint = read_checkpoint(RunFolder(first.resume).newest_checkpoint(), FileKind::checkpoint);
    command.options = options_from_dict(command.checkpoint.get<Dict>("options"));
  } else {
    Options file = defaults;
    file.recipe.clear();
    if (!look.config.empty()) apply_config(look.config, file);
    command.options = find_recipe(chosen_recipe(look, first.options, file, defaults)).options;
  }
  const Options base = command.options;
  if (!look.config.empty()) apply_config(look.config, command.options);
  Parser last(command);
  parse(last.app, argc, argv);
  if (!command.resume.empty()) {
    const std::string changes = forbidden_changes(base, command.options);
    if (!changes.empty()) {
      throw Error("--resume: a run cannot change its settings: " + changes, "start a new run, or leave these out");
    }
  }
  validate(command.options);
  return command;
}

}  // namespace gan
