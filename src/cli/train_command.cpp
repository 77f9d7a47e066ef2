#include "gan/cli/train_command.h"

#include <utility>

#include "app.h"
#include "gan/base/text.h"
#include "gan/training/recipes.h"
#include "help.h"

namespace gan {

namespace {

constexpr const char* kAuto = "auto";  // --resume: the run in --out, if there is one
constexpr int64_t kMaxVerifySteps = 1'000'000;

const Help kHelp{
    .examples = {{"gan-train --max-minutes 5", "Train the default recipe on data/mnist for five minutes"},
                 {"gan-train --recipe mlp --data data/mnist-tiny --epochs 200 --out runs/tiny",
                  "Train another recipe on other images, into a folder of your choice"},
                 {"gan-train --resume runs/00000-dcgan", "Go on with a run that was stopped or has crashed"}},
    .common = {"recipe", "list-recipes", "config", "data", "batch-size", "lr", "epochs", "max-minutes", "out", "resume",
               "fork", "dry-run", "seed", "device", "threads"}};

/// The flags of options: checks each text that is given and keeps it.
class OptionFlags {
 public:
  /// Adds a flag for each option to `app`; --help shows the values of `shown`. CLI11 hands the texts over in the order
  /// in which flags were added: flags for both players come first, so that those for one player win.
  OptionFlags(CLI::App& app, const Options& shown, std::vector<Setting>& given) : app_(app), given_(given) {
    each_option(shown, [&, both = false](const auto& field, const OptionInfo& info) mutable {
      if (std::string_view(info.flag).starts_with("g-") && !std::exchange(both, true)) add_those_of_both(shown);
      add(field, info);
    });
  }

 private:
  template <class Field>
  CLI::Option* add(const Field& field, const OptionInfo& info) {
    const std::string heading = info.reader.heading, flag = info.flag;
    const std::string group = info.group + (heading.empty() ? "" : ": " + heading);
    const auto take = [this, flag](const std::string& text) {
      Options any;
      set_option(any, flag, text);  // throws for a wrong text
      given_.push_back({flag, text});
    };
    if constexpr (std::is_same_v<Field, bool>) {
      return add_switch(app_, flag, group, info.help, field, [take](bool on) { take(to_text(on)); });
    } else {
      return add_flag_with_text(app_, flag, group, info.help, placeholder(field), to_text(field), take);
    }
  }

  /// The flags that set both players' optimizers; where the players differ, help shows both values.
  void add_those_of_both(const Options& shown) {
    std::vector<std::string> of_d;
    each_optimizer_option(shown.d_optimizer, "",
                          [&](const auto& field, const OptionInfo&) { of_d.push_back(to_text(field)); });
    each_optimizer_option(shown.g_optimizer, "",
                          [&, at = size_t{0}](const auto& field, const OptionInfo& info) mutable {
                            CLI::Option* option = add(field, info);
                            const std::string d = of_d[at++], g = to_text(field);
                            if (g != d) option->default_str("G " + g + ", D " + d);
                          });
  }

  CLI::App& app_;
  std::vector<Setting>& given_;
};

/// The command line as given.
struct Parser {
  CLI::App app{"Trains a GAN on small images.", "gan-train"};
  SessionRequest session;
  std::string config;
  bool list_recipes = false;
  OptionFlags options;

  explicit Parser(const Options& shown) : options(begun(), shown, session.start.settings.flags) {
    StartRequest& start = session.start;
    const auto path = [&](const char* flag, std::string& field, const char* help) {
      app.add_option(flag, field, help)->group("Output")->type_name("DIR");
    };
    path("--out", start.out, "The run's folder; by default the next of runs/00000-RECIPE");
    path("--resume", start.resume, "Go on with the run in this folder; auto: with the one in --out, or begin it there");
    path("--fork", start.fork, "Begin a new run with the settings and weights of the run in this folder, or of a g.pt");
    path("--cache", session.cache,
         "Keep decoded pictures here for the next start, or none; by default large sets, in picture-cache beside the "
         "run");
    path("--report", session.report, "Only write the page report.html of the run in this folder anew");
    add_field(app, "verify-resume", "Output",
              "Train this many steps with and without a resume in the middle, and compare the bits",
              session.verify_steps, "");
    const auto flag = [&](const char* name, bool& field, const char* help) {
      app.add_flag(name, field, help)->group("Output");
    };
    flag("--bench", session.bench, "Time the parts of a step for some seconds, and compare with the machine's limit");
    flag("--quiet", session.quiet, "Print only warnings to the screen");
    flag("--no-report", session.no_report, "Leave no page report.html in the run's folder, nor when it is resumed");
    flag("--tensorboard", session.tensorboard, "Write TensorBoard's event files, too: tensorboard --logdir runs");
    flag("--no-dist", session.no_dist, "Train in this process alone, even if torchrun or srun started several");
    flag("--dry-run", start.dry_run, "Print networks and options, create nothing");
    app.add_option("--preview", session.preview, "With --dry-run: write a grid of the images that D is to see")
        ->group("Output")
        ->type_name("FILE.png");
  }

  bool given(const std::string& flag) const { return app.count("--" + flag) > 0; }

 private:
  /// The app with the flags that --help shows before the options.
  CLI::App& begun() {
    add_help(app, kHelp);
    app.add_option("--config", config, "Read options from this TOML file; a run's options.toml repeats that run")
        ->group("Recipe")
        ->type_name("FILE");
    app.add_flag("--list-recipes", list_recipes, "Print all recipes with all values")->group("Recipe");
    return app;
  }
};

/// The help, with the values that recipe and config file give.
std::string help(const Settings& settings, int argc, const char* const* argv) {
  Options shown = recipe_options(settings);
  if (settings.config) apply(*settings.config, shown);
  Parser again(shown);
  return parse(again.app, argc, argv);
}

void require_paths(const Parser& given) {
  const StartRequest& start = given.session.start;
  for (const auto& [flag, path] : {std::pair<const char*, const std::string&>{"out", start.out},
                                   {"resume", start.resume},
                                   {"fork", start.fork},
                                   {"config", given.config},
                                   {"cache", given.session.cache},
                                   {"report", given.session.report},
                                   {"preview", given.session.preview}}) {
    if (given.given(flag) && path.empty()) throw Error("--" + std::string(flag) + ": expected a path, got nothing");
    require_path("--" + std::string(flag), path);
  }
  if (const std::string* data = start.settings.flag("data")) require_path("--data", *data);
}

/// Throws Error for flags that have no meaning where nothing is trained.
void require_report_alone(const Parser& given) {
  for (const CLI::Option* option : given.app.get_options()) {
    if (option->count() == 0 || option->check_name("--report") || option->check_name("--quiet")) continue;
    throw Error(option->get_name() + ": --report trains nothing, and reads no other flag");
  }
}

/// Throws Error for flags that exclude each other.
void require_compatible(const Parser& given) {
  const StartRequest& start = given.session.start;
  if (start.resume == kAuto && start.out.empty()) {
    throw Error("--resume: auto goes on with the run in --out, or begins it there; expected --out DIR");
  }
  if (!start.resume.empty() && start.resume != kAuto && !start.out.empty()) {
    throw Error("--out: a resumed run stays in its folder, " + start.resume);
  }
  if (!start.resume.empty() && !start.fork.empty()) {
    throw Error("--fork: begins a new run; --resume goes on with one");
  }
  if (!start.fork.empty() && given.given("recipe")) {
    throw Error("--recipe: a fork keeps the settings of its run", "change single options");
  }
  if (given.given("report")) require_report_alone(given);
  const bool elsewhere = given.given("out") || given.given("resume") || given.given("fork") || start.dry_run;
  const bool verify = given.given("verify-resume"), bench = given.session.bench;
  if (verify) require_range("--verify-resume", given.session.verify_steps, 2, kMaxVerifySteps);
  if (verify && (elsewhere || bench)) {
    throw Error("--verify-resume: leaves no run: no --out, --resume, --fork, --bench or --dry-run with it");
  }
  if (given.given("preview") && !start.dry_run) throw Error("--preview: only --dry-run reads it");
  if (bench && elsewhere) throw Error("--bench: leaves no run: no --out, --resume, --fork or --dry-run with it");
}

}  // namespace

TrainCommand parse_train_command(int argc, const char* const* argv) {
  Parser parser(recipes().front().options);
  const std::string text = parse(parser.app, argc, argv);
  SessionRequest& session = parser.session;
  Settings& settings = session.start.settings;
  const auto read = [&] { return with_context("--config", [&] { return read_config(parser.config); }); };
  if (wants_help(parser.app)) {
    if (parser.given("config")) settings.config = read();
    return {.session = {}, .print = help(settings, argc, argv)};
  }
  if (!text.empty()) return {.session = {}, .print = text};
  if (parser.list_recipes) return {.session = {}, .print = recipe_table()};
  require_paths(parser);
  require_compatible(parser);
  if (parser.given("config")) settings.config = read();
  if (session.start.resume == kAuto) {
    session.start.resume.clear();
    session.start.resume_if_any = true;
  }
  return {.session = session, .print = {}};
}

}  // namespace gan
