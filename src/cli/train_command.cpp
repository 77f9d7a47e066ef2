#include "gan/cli/train_command.h"

#include <utility>

#include "app.h"
#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/cli/config.h"
#include "gan/cli/program.h"
#include "gan/run/metrics_log.h"
#include "gan/training/recipes.h"
#include "help.h"

namespace gan {

namespace {

constexpr const char* kAuto = "auto";  // --resume: the run in --out, if there is one
constexpr int64_t kMostVerified = 1'000'000;
constexpr const char* kForkKeepsRecipe =
    "a forked run has the settings of the run that it comes from; change single ones";
constexpr uint64_t kMostPath = 64 << 10;  // bytes

const Help kHelp{
    .examples = {{"gan-train --max-minutes 5", "Train the default recipe on data/mnist for five minutes"},
                 {"gan-train --recipe mlp --data data/mnist-tiny --epochs 200 --out runs/tiny",
                  "Another recipe, on other images, into a folder of your choice"},
                 {"gan-train --resume runs/00000-dcgan", "Go on with a run that was stopped or has crashed"}},
    .common = {"recipe", "list-recipes", "config", "data", "batch-size", "lr", "epochs", "max-minutes", "out", "resume",
               "fork", "dry-run", "seed", "device", "threads"}};

/// Binds one option, or one of both players' optimizers, to its flag.
template <class Field>
CLI::Option* bind_option(CLI::App& app, const OptionInfo& info, const Field& field, Options& options) {
  const auto take = [&options, flag = std::string(info.flag)](const std::string& text) {
    set_option(options, flag, text);
  };
  if constexpr (std::is_same_v<Field, bool>) {
    return add_switch(app, info.flag, info.group, info.help, field, [take](bool on) { take(to_text(on)); });
  } else {
    return add_flag_with_text(app, info.flag, info.group, info.help, placeholder(field), to_text(field), take);
  }
}

/// The flags that set both players' optimizers; where these differ, help shows each one's value.
void bind_options_of_both(CLI::App& app, Options& options) {
  std::vector<std::string> of_d;
  each_optimizer_option(options.d_optimizer, "",
                        [&](const auto& field, const OptionInfo&) { of_d.push_back(to_text(field)); });
  each_optimizer_option(options.g_optimizer, "",
                        [&, at = size_t{0}](const auto& field, const OptionInfo& info) mutable {
                          CLI::Option* option = bind_option(app, info, field, options);
                          const std::string d = of_d[at++], g = to_text(field);
                          if (g != d) option->default_str("G " + g + ", D " + d);
                        });
}

/// A flag for each option; what is not given leaves `options` as they are. Those for both players come before those for
/// one, which CLI11 hands over later, so that they win.
void bind_options(CLI::App& app, Options& options) {
  each_option(options, [&, both = false](const auto& field, const OptionInfo& info) mutable {
    if (std::string_view(info.flag).starts_with("g-") && !std::exchange(both, true)) bind_options_of_both(app, options);
    bind_option(app, info, field, options);
  });
}

/// The command line as given, bound to `command`.
struct Parser {
  CLI::App app{"Trains a GAN on small images.", "gan-train"};
  std::string config;
  bool list_recipes = false;

  explicit Parser(TrainCommand& command) {
    add_help(app, kHelp);
    app.set_version_flag("--version", version_text("gan-train"), "Of this program and of LibTorch")->group("Program");
    app.add_option("--config", config, "Read options from this TOML file; a run's options.toml replays it")
        ->group("Recipe")
        ->type_name("FILE");
    app.add_flag("--list-recipes", list_recipes, "Print all recipes, resolved")->group("Recipe");
    bind_options(app, command.options);
    app.add_option("--out", command.out, "The run's folder; by default the next of runs/00000-RECIPE")
        ->group("Output")
        ->type_name("DIR");
    app.add_option("--resume", command.resume,
                   "Go on with the run in this folder; auto: with the one in --out, or begin it there")
        ->group("Output")
        ->type_name("DIR");
    app.add_option("--fork", command.fork, "Begin a new run with the settings and weights of the run in this folder")
        ->group("Output")
        ->type_name("DIR");
    add_field(app, "verify-resume", "Output",
              "Train so many steps straight, and with a save and a load in the middle; compare the bits",
              command.verify_steps, "");
    app.add_flag("--bench", command.bench, "Time the parts of a step for some seconds, beside the machine's limit")
        ->group("Output");
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

/// The options of the recipe that flags and file ask for.
Options recipe_options(const Parser& given, const Options& flags, const Options& defaults) {
  Options file = defaults;
  file.recipe.clear();
  if (!given.config.empty()) with_context("--config", [&] { apply_config(given.config, file); });
  return find_recipe(chosen_recipe(given, flags, file, defaults)).options;
}

/// The help, with the values that recipe and file give.
std::string help(const Parser& given, const Options& flags, const Options& defaults, int argc,
                 const char* const* argv) {
  TrainCommand shown{.options = recipe_options(given, flags, defaults)};
  if (!given.config.empty()) with_context("--config", [&] { apply_config(given.config, shown.options); });
  Parser again(shown);
  return parse(again.app, argc, argv);
}

/// Throws Error for flags that do not go together.
void require_sense(const Parser& given, const TrainCommand& command) {
  if (command.resume == kAuto && command.out.empty()) {
    throw Error("--resume: auto goes on with the run in --out, or begins it there; expected --out DIR");
  }
  if (!command.resume.empty() && command.resume != kAuto && !command.out.empty()) {
    throw Error("--out: a resumed run stays in its folder, " + command.resume);
  }
  if (!command.resume.empty() && !command.fork.empty()) {
    throw Error("--fork: begins a new run; --resume goes on with one");
  }
  if (!command.fork.empty() && given.given("recipe")) {
    throw Error(std::string("--recipe: ") + kForkKeepsRecipe);
  }
  const bool elsewhere = given.given("out") || given.given("resume") || given.given("fork") || command.dry_run;
  if (given.given("verify-resume")) require_range("--verify-resume", command.verify_steps, 2, kMostVerified);
  if (command.verify_steps > 0 && (elsewhere || command.bench)) {
    throw Error(
        "--verify-resume: trains aside and leaves nothing: no --out, --resume, --fork, --bench or --dry-run with it");
  }
  if (command.bench && elsewhere) {
    throw Error("--bench: trains aside and leaves nothing: no --out, --resume, --fork or --dry-run with it");
  }
}

/// What is to be said of an options.toml that says otherwise than the run's checkpoint, which counts; nothing if it
/// does not. `ignored` says what becomes of it.
std::string told_of_options(const std::filesystem::path& path, const Options& run, const std::string& ignored) {
  const std::string begin = path.string() + ": " + ignored + ", as the run's checkpoint has its options; ";
  Options said = run;
  try {
    if (std::error_code none; !std::filesystem::exists(path, none)) return {};
    apply_config(path, said);
  } catch (const Error& error) {
    return begin + "it could not be read: " + error.what();
  }
  const std::string changes = all_changes(run, said);
  if (changes.empty()) return {};
  return begin + "it said " + changes + " (flags change what may change at a resume, and with --fork all others)";
}

/// Goes on with the run in that folder: from its newest whole checkpoint or, where it had none yet, from its options.
void take_up(const std::string& path, TrainCommand& command) {
  command.folder = command.dry_run ? RunFolder::look_at(path) : RunFolder::open(path);
  command.checkpoint = newest_checkpoint(*command.folder);
  if (command.checkpoint) {
    command.options = command.checkpoint->options;
    const int64_t bytes = command.checkpoint->metrics_bytes();
    if (bytes > 0) require_metrics(command.folder->metrics(), bytes);
    command.warning = told_of_options(command.folder->options(), command.options, "ignored and written anew");
  } else if (std::filesystem::exists(command.folder->generator())) {
    throw Error("--resume: " + path + ": its checkpoints are gone",
                "they were in " + command.folder->checkpoints().string());
  } else {
    with_context("--resume", [&] { apply_config(command.folder->options(), command.options); });
  }
}

/// Finds the data of a run that goes on, or is begun with another's weights: a relative path starts from the folder
/// where that run was started, or else from the working folder.
void find_data(const RunFolder& run, TrainCommand& command) {
  const std::string& data = command.options.data;
  std::filesystem::path started_in;
  if (std::error_code none; std::filesystem::exists(run.started_in(), none)) {
    const std::string line = read_file(run.started_in(), kMostPath);
    started_in = line.substr(0, line.find_last_not_of('\n') + 1);
    const bool no_matter = data_from(started_in, data) == data || started_in == std::filesystem::current_path();
    if (no_matter) started_in.clear();
  }
  for (const auto& folder : {started_in, std::filesystem::path()}) {
    command.data_from = folder;
    command.data = data_from(folder, data);
    if (has_data(command.data)) return;
  }
  throw Error(
      "--data: " + data + ": no such folder or file" +
          (started_in.empty() ? "" : ", neither here nor in " + started_in.string() + ", where the run was started"),
      "--data says where the run's data is now");
}

}  // namespace

TrainCommand parse_train_command(int argc, const char* const* argv) {
  // Three rounds over the same flags, since each level writes over the one before: first to see what is asked for at
  // all, then the config file upon the recipe, then the flags upon both.
  const Options defaults = recipes().front().options;
  TrainCommand first{.options = defaults};
  Parser look(first);
  const std::string text = parse(look.app, argc, argv);
  if (wants_help(look.app)) return {.print = help(look, first.options, defaults, argc, argv)};
  if (!text.empty()) return {.print = text};
  if (look.list_recipes) return {.print = recipe_table()};

  for (const auto& [flag, value] :
       {std::pair{"out", first.out}, {"resume", first.resume}, {"fork", first.fork}, {"config", look.config}}) {
    if (look.given(flag) && value.empty()) throw Error("--" + std::string(flag) + ": expected a path, got nothing");
    require_path("--" + std::string(flag), value);
  }
  require_sense(look, first);
  const bool automatic = first.resume == kAuto;
  if (automatic) first.resume = RunFolder(first.out).has_run() ? std::exchange(first.out, "") : "";
  TrainCommand command{.dry_run = first.dry_run};
  if (!first.resume.empty()) {
    take_up(first.resume, command);
  } else if (!first.fork.empty()) {
    command.checkpoint = newest_checkpoint(RunFolder::look_at(first.fork, "--fork"));
    if (!command.checkpoint) throw Error("--fork: " + first.fork + ": no checkpoint of a run in this folder");
    command.options = command.checkpoint->options;
    command.warning = told_of_options(RunFolder(first.fork).options(), command.options, "ignored");
  } else {
    command.options = recipe_options(look, first.options, defaults);
  }
  const Options base = command.options;
  if (!look.config.empty()) with_context("--config", [&] { apply_config(look.config, command.options); });
  Parser last(command);
  parse(last.app, argc, argv);
  command.out = first.out;
  command.resume = first.resume;
  if (!command.fork.empty() && command.options.recipe != base.recipe) {
    throw Error(std::string("--config: recipe: ") + kForkKeepsRecipe);
  }
  if (!command.resume.empty()) {
    // A run has decided already, once and for all.
    if (command.options.precision == Precision::automatic) command.options.precision = base.precision;
    const std::string changes = forbidden_changes(base, command.options);
    if (!changes.empty()) {
      throw Error("--resume: a run cannot change its settings: " + changes, "start a new run, or leave these out");
    }
  }
  validate(command.options);
  require_path("--data", command.options.data);
  if (automatic && command.checkpoint && is_done(*command.folder, *command.checkpoint, command.options)) {
    return {.print =
                "run        " + command.resume + "\ndone       at step " + to_text(command.checkpoint->step()) + '\n'};
  }
  command.data = command.options.data;
  const std::string& run = command.resume.empty() ? command.fork : command.resume;
  if (!run.empty() && !last.given("data") && command.data == base.data) find_data(RunFolder(run), command);
  return command;
}

}  // namespace gan
