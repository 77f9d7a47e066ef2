#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "gan/base/choice.h"
#include "gan/base/every.h"
#include "gan/base/spelling.h"
#include "gan/base/text.h"
#include "gan/base/value.h"
#include "gan/data/batches.h"
#include "gan/images/grid.h"
#include "gan/models/make_model.h"
#include "gan/networks/network.h"
#include "gan/training/optimizer.h"

namespace gan {

/// What networks compute in; weights are fp32. `automatic` stands for the quicker one until a run begins, which then
/// has that one for good (bench.h).
enum class Precision { fp32, bf16, automatic };
constexpr auto choices(Precision) {
  return std::array<Choice<Precision>, 3>{
      {{Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}, {Precision::automatic, "auto"}}};
}

/// What a run does whose losses or weights are no finite numbers any more: end, or return to its last checkpoint and
/// go on from there with other noise.
enum class OnNan { stop, rollback };
constexpr auto choices(OnNan) {
  return std::array<Choice<OnNan>, 2>{{{OnNan::stop, "stop"}, {OnNan::rollback, "rollback"}}};
}

/// What a run does when its watchdog barks: tell it, end, or return to the checkpoint of its best evaluation and go on
/// from there with other noise.
enum class OnCollapse { warn, stop, rollback };
constexpr auto choices(OnCollapse) {
  return std::array<Choice<OnCollapse>, 3>{
      {{OnCollapse::warn, "warn"}, {OnCollapse::stop, "stop"}, {OnCollapse::rollback, "rollback"}}};
}

/// All that decides a run. The initialisers are the only place where a default stands; recipes.h has the rows that
/// change them. `each_option` is the only list of the fields: command line, options.toml, checkpoints and validation
/// walk it.
struct Options : ModelOptions {
  std::string recipe = "dcgan";

  std::string data = "data/mnist";
  bool transpose = false;
  int64_t limit = 0;
  int64_t batch_size = 64;
  Sampling sampling = Sampling::epoch;
  int64_t steps_per_epoch = 0;

  double ema = 0;
  OptimizerOptions g_optimizer, d_optimizer;

  int64_t epochs = 30;
  int64_t steps = 0;
  double max_minutes = 0;
  OnNan on_nan = OnNan::stop;
  OnCollapse on_collapse = OnCollapse::warn;

  Every log_every{100};
  Every sample_every{.count = 1, .epochs = true};
  GridShape grid{8, 8};
  Every eval_every{.count = 1, .epochs = true};
  int64_t eval_samples = 2000;
  Every checkpoint_every{.count = 1, .epochs = true};
  Every keep_every{0};

  int64_t seed = 0;
  std::string device = "auto";
  int64_t threads = 0;
  Precision precision = Precision::fp32;
  bool graph = true;
  bool deterministic = false;
};

/// What is said about an option once, for flags, config file, help and errors.
struct OptionInfo {
  const char* flag;   ///< without dashes; also the key in options.toml and in checkpoints
  const char* group;  ///< heading in --help
  const char* help;
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  bool may_change = false;  ///< when a run is resumed
};

namespace option_range {
constexpr double kCount = 1e9;  ///< of steps, images, epochs: beyond any run, and the product of two fits 64 bits
}

/// Calls visit(field, OptionInfo) for each field of one player's optimizer; `prefix` is "g-", "d-", or "" for both.
/// `info` lives only during the call.
template <class AnyOptimizerOptions, class Visit>
void each_optimizer_option(AnyOptimizerOptions& o, const std::string& prefix, Visit&& visit) {
  const std::string whose = prefix == "g-" ? " (G)" : prefix == "d-" ? " (D)" : "";
  const auto option = [&](auto& field, const char* name, const char* help, double min = 0, double max = 1) {
    const std::string flag = prefix + name, text = help + whose;
    visit(field, OptionInfo{flag.c_str(), "Optimizers", text.c_str(), min, max});
  };
  option(o.kind, "optimizer", "How weights follow gradients");
  option(o.learning_rate, "lr", "Learning rate", 0, 1e3);
  option(o.beta1, "beta1", "adam: decay of the mean of gradients", 0, 0.999999);
  option(o.beta2, "beta2", "adam: decay of the mean of squared gradients", 0, 0.99999999);
  option(o.epsilon, "epsilon", "adam, rmsprop: added to the divisor", 0, 1);
  option(o.epsilon_hat, "epsilon-hat", "adam: epsilon is added before the bias correction, as in Keras");
  option(o.momentum, "momentum", "sgd: momentum", 0, 0.999999);
  option(o.nesterov, "nesterov", "sgd: Nesterov's momentum");
  option(o.rms_decay, "rms-decay", "rmsprop: decay of the mean of squared gradients", 0, 0.999999);
}

/// Calls visit(field, OptionInfo) for each field, in the order in which they are shown.
template <class AnyOptions, class Visit>
void each_option(AnyOptions& o, Visit&& visit) {
  using option_range::kCount;
  visit(o.recipe, OptionInfo{"recipe", "Recipe", "Row of the table that --list-recipes prints"});
  visit(o.model, OptionInfo{"model", "Recipe", "Family of the model"});
  visit(o.network.arch, OptionInfo{"arch", "Recipe", "Networks; alone, also takes the recipe of that name"});

  visit(o.data,
        OptionInfo{"data", "Data", "Folder with MNIST's file names, one IDX file of images, or stacked-mnist:FOLDER", 0,
                   0, true});
  visit(o.transpose,
        OptionInfo{"transpose", "Data", "Turn rows into columns: for EMNIST, whose files hold its images so"});
  visit(o.limit, OptionInfo{"limit", "Data", "Use only the first N images; 0: all", 0, kCount});
  visit(o.batch_size, OptionInfo{"batch-size", "Data", "Images a step", 1, 65536});
  visit(o.sampling, OptionInfo{"sampling", "Data",
                               "Each image once an epoch, shuffled or in the file's order, or with replacement"});
  visit(o.steps_per_epoch, OptionInfo{"steps-per-epoch", "Data", "0: as many as the images fill", 0, kCount});

  visit(o.latent.size, OptionInfo{"latent-size", "Networks", "Numbers in a latent", 1, 65536});
  visit(o.network.base_channels,
        OptionInfo{"base-channels", "Networks", "dcgan: channels of D's first layer", 1, 1024});
  visit(o.network.dropout, OptionInfo{"dropout", "Networks", "Dropout after D's hidden layers", 0, 0.99});
  visit(o.network.dropout_last, OptionInfo{"dropout-last", "Networks", "Also after D's last hidden layer"});
  visit(o.network.d_norm, OptionInfo{"d-norm", "Networks", "dcgan: what normalises D's layers"});
  visit(o.network.minibatch_std, OptionInfo{"minibatch-std", "Networks", "dcgan: D sees how much a batch varies"});
  visit(o.network.norm_eps, OptionInfo{"norm-eps", "Networks", "dcgan: what batch norms add to a variance", 1e-12, 1});
  visit(o.network.norm_momentum,
        OptionInfo{"norm-momentum", "Networks",
                   "dcgan: weight of a new batch in running averages, as in PyTorch; 1 minus Keras's", 1e-6, 1});
  visit(o.network.same_padding,
        OptionInfo{"same-padding", "Networks", "dcgan: D pads 7 pixels by 1 before and 2 after, as TensorFlow does"});
  visit(o.network.init, OptionInfo{"init", "Networks", "Initial weights"});

  visit(o.game.loss, OptionInfo{"loss", "Game", "Loss of both players"});
  visit(o.game.label_smoothing,
        OptionInfo{"label-smoothing", "Game",
                   "Real images are labelled 1 minus this (hinge and relativistic have none)", 0, 0.5});
  visit(o.latent.noise, OptionInfo{"noise", "Game", "Distribution of latents: N(0, 1), or uniform in [-1, 1)"});
  visit(o.game.joined_batch, OptionInfo{"joined-batch", "Game", "D sees real and fake images as one batch"});
  visit(o.game.fresh_noise, OptionInfo{"fresh-noise", "Game", "G's turn draws its own noise instead of D's"});
  visit(o.game.inferred_fakes, OptionInfo{"inferred-fakes", "Game",
                                          "G draws D's images in inference mode; its batch norms learn in G's turn"});
  visit(o.game.r1,
        OptionInfo{"r1", "Game", "Weight of the penalty on D's squared gradient at real images; 0: none", 0, 1e6});
  visit(o.game.r2, OptionInfo{"r2", "Game", "The same at samples", 0, 1e6});
  visit(o.game.gradient_penalty,
        OptionInfo{"gradient-penalty", "Game", "Weight of WGAN-GP's penalty, between both; 0: none", 0, 1e6});
  visit(o.game.penalty_every, OptionInfo{"penalty-every", "Game",
                                         "Steps from one penalty to the next, then as many times as heavy", 1, 1000});
  visit(o.game.d_steps, OptionInfo{"d-steps", "Game", "G moves at every k-th step of D", 1, 1000});
  visit(o.ema, OptionInfo{"ema", "Game", "Decay a step of the moving average of G's weights; 0: none", 0, 0.99999999});

  each_optimizer_option(o.g_optimizer, "g-", visit);
  each_optimizer_option(o.d_optimizer, "d-", visit);

  visit(o.epochs, OptionInfo{"epochs", "Length", "Passes over the data", 1, kCount, true});
  visit(o.steps, OptionInfo{"steps", "Length", "Length in steps instead of epochs; 0: use --epochs", 0, kCount, true});
  visit(o.max_minutes,
        OptionInfo{"max-minutes", "Length", "End after this many minutes of training; 0: no limit", 0, 1e6, true});

  visit(o.on_nan, OptionInfo{"on-nan", "Length", "When losses are no numbers any more: end, or go back", 0, 0, true});
  visit(o.on_collapse, OptionInfo{"on-collapse", "Length",
                                  "When the watchdog sees the run go wrong: tell, end, or go back", 0, 0, true});

  visit(o.log_every, OptionInfo{"log-every", "Output", "A line of numbers (0: only at the end)", 0, kCount, true});
  visit(o.sample_every,
        OptionInfo{"sample-every", "Output", "A grid of samples (0: only at start and end)", 0, kCount, true});
  visit(o.grid, OptionInfo{"grid", "Output", "Rows x columns of a grid", 0, kCount, true});
  visit(o.eval_every,
        OptionInfo{"eval-every", "Output",
                   "Judge samples, where the data has a classifier.pt; keep g-best.pt (0: never)", 0, kCount, true});
  visit(o.eval_samples, OptionInfo{"eval-samples", "Output", "How many samples are judged", 100, 100000, true});
  visit(o.checkpoint_every,
        OptionInfo{"checkpoint-every", "Output", "A checkpoint and g.pt (0: only at the end)", 0, kCount, true});
  visit(o.keep_every,
        OptionInfo{"keep-every", "Output", "Checkpoints kept, beside the last two (0: none)", 0, kCount, true});

  visit(o.seed, OptionInfo{"seed", "Machine", "Decides weights, noise and the order of images", 0, 9e15});
  visit(o.device, OptionInfo{"device", "Machine", "auto, cpu, cuda or cuda:N", 0, 0, true});
  visit(o.threads, OptionInfo{"threads", "Machine", "CPU threads; 0: as many as there are CPUs for it", 0, 1024, true});
  visit(o.precision,
        OptionInfo{"precision", "Machine",
                   "What networks compute in, weights are fp32; auto: the quicker, timed as a run begins"});
  visit(o.graph,
        OptionInfo{"graph", "Machine", "On a GPU: record a step in a CUDA graph, and repeat that", 0, 0, true});
  visit(o.deterministic,
        OptionInfo{"deterministic", "Machine", "The same bits each time on a GPU, too; slower there", 0, 0, true});
}

/// Throws Error naming the flag unless every value is in its range and the values fit each other.
void validate(const Options& options);

/// Throws Error unless the data is enough for a batch and of a shape the networks make.
void validate(const Options& options, const Dataset& data);

/// Sets the option named `flag` from text, or, by a name like "lr", that of both players' optimizers. Throws Error
/// naming that flag if the text is no such value or out of its range. False if there is no such option.
bool set_option(Options& options, const std::string& flag, const std::string& text);

/// The names that set_option knows.
std::vector<std::string> option_names();

/// Whether these are the flags of a run's options.toml, which has all of networks, game and optimizers. One that an
/// older version of the program wrote lacks newer ones: it means their defaults, as a checkpoint does, whatever its
/// recipe has by now.
bool are_of_a_whole_run(const std::set<std::string>& flags);

/// What a value of the option is called in --help: "INT", "FLOAT", "TEXT", "STEPS|EPOCHSe", "RxC", "adam|sgd|rmsprop".
std::string placeholder(const int64_t&);
std::string placeholder(const double&);
std::string placeholder(const bool&);
std::string placeholder(const std::string&);
std::string placeholder(const Every&);
std::string placeholder(const GridShape&);
template <Choosable E>
std::string placeholder(const E&) {
  return words<E>();
}

/// What an error says was expected of it: "a whole number", "adam|sgd|rmsprop", ...
std::string expected_text(const int64_t&);
std::string expected_text(const double&);
std::string expected_text(const bool&);
std::string expected_text(const std::string&);
std::string expected_text(const Every&);
std::string expected_text(const GridShape&);
template <Choosable E>
std::string expected_text(const E&) {
  return words<E>();
}

/// `text` as the value of `info`'s option. Throws Error naming flag, expected and got.
template <class Field>
void parse_option(const OptionInfo& info, const std::string& text, Field& field) {
  if (parse_text(text, field)) return;
  std::string hint;
  if constexpr (Choosable<Field>) hint = did_you_mean(text, word_list<Field>());
  throw Error("--" + std::string(info.flag) + ": expected " + expected_text(field) + ", got '" + text + "'", hint);
}

/// All options as a TOML file that --config reads.
std::string to_toml(const Options& options);

/// All options as plain values, for checkpoints, and back. An option that the dictionary lacks has its default: the
/// file is older than the option, which does nothing by default. Throws Error for an option that there is none of and
/// for a value of the wrong kind or out of range.
Dict to_dict(const Options& options);
Options options_from_dict(const Dict& dict);

/// Whether `flag` sets both players' optimizers, as "lr" does. A flag for one player wins over it, whichever comes
/// first.
bool sets_both_players(const std::string& flag);

/// The options that differ between a run and its resumption though they may not, as "batch-size: 64 -> 128"; empty if
/// there are none.
std::string forbidden_changes(const Options& run, const Options& resumed);

/// All options that differ, as "epochs: 30 -> 60"; empty if there are none.
std::string all_changes(const Options& before, const Options& after);

/// The options that differ between a run and a fork of it and give the networks other weights, as "base-channels: 16 ->
/// 32"; empty if there are none.
std::string network_changes(const Options& run, const Options& fork);

/// Steps in an epoch, and in the whole run, on `images` images.
int64_t steps_per_epoch(const Options& options, int64_t images);
int64_t total_steps(const Options& options, int64_t images);

/// Whether a run on `images` images is at its end after so many steps and so many seconds of training.
bool is_over(const Options& options, int64_t images, int64_t step, double seconds);

}  // namespace gan
