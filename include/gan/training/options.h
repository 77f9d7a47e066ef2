#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
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

/// What networks compute in; weights are fp32. `automatic` is the faster of the two, timed when a run begins
/// (run/bench.h); the run then keeps it.
enum class Precision { fp32, bf16, automatic };
constexpr auto choices(Precision) {
  return std::array<Choice<Precision>, 3>{
      {{Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}, {Precision::automatic, "auto"}}};
}

/// What a run does when its losses or weights become non-finite: end, or go back to its last checkpoint and continue
/// with other noise.
enum class OnNan { stop, rollback };
constexpr auto choices(OnNan) {
  return std::array<Choice<OnNan>, 2>{{{OnNan::stop, "stop"}, {OnNan::rollback, "rollback"}}};
}

/// What a run does when the watchdog reports a fault: warn, end, or go back to the checkpoint of its best evaluation
/// and continue with other noise.
enum class OnCollapse { warn, stop, rollback };
constexpr auto choices(OnCollapse) {
  return std::array<Choice<OnCollapse>, 3>{
      {{OnCollapse::warn, "warn"}, {OnCollapse::stop, "stop"}, {OnCollapse::rollback, "rollback"}}};
}

/// Everything that decides a run. The initialisers are the only place for defaults; recipes.h has the rows that change
/// them. `each_option` is the only list of the fields: command line, options.toml, checkpoints and validation use it.
struct Options : ModelOptions {
  std::string recipe = "dcgan";

  std::string data = "data/mnist";
  Preparation preparation;
  bool mirror = false;
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
  bool sync_batch_norm = false;
  Precision precision = Precision::fp32;
  bool graph = true;
  bool deterministic = false;
};

/// Who reads an option, where not every run does.
struct Reader {
  bool reads = true;    ///< with the values that the other options have
  std::string only;     ///< what would read it: "only --arch dcgan reads it, not --arch mlp"
  std::string heading;  ///< goes with the group in --help: "dcgan"
};

/// An option that is read only with one of these values of the option `flag`.
template <Choosable E>
Reader read_by(const std::string& flag, E value, const std::vector<E>& readers) {
  std::vector<std::string> words;
  for (const E reader : readers) words.push_back(to_text(reader));
  return {.reads = std::ranges::find(readers, value) != readers.end(),
          .only = "only --" + flag + " " + joined(words, "|") + " reads it, not --" + flag + " " + to_text(value),
          .heading = joined(words, ", ")};
}

/// An option that is read where both readers say so, or where one of them does; it goes with the group of the first.
inline Reader both(const Reader& a, const Reader& b) {
  return {.reads = a.reads && b.reads, .only = a.reads ? b.only : a.only, .heading = a.heading};
}
inline Reader either(const Reader& a, const Reader& b) {
  return {.reads = a.reads || b.reads, .only = a.only, .heading = a.heading};
}

/// The same without a group of its own in --help.
inline Reader without_heading(Reader reader) {
  reader.heading.clear();
  return reader;
}

/// Describes an option once, for flags, config file, help and errors.
struct OptionInfo {
  const char* flag;   ///< without dashes; also the key in options.toml and in checkpoints
  const char* group;  ///< heading in --help
  const char* help;
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  bool may_change = false;  ///< when a run is resumed
  Reader reader = {};
};

namespace option_range {
constexpr double kCount = 1e9;  ///< of steps, images, epochs: beyond any run, and the product of two fits 64 bits
}

/// Calls visit(field, OptionInfo) for each field of one player's optimizer; `prefix` is "g-", "d-", or "" for both.
/// `info` lives only during the call.
template <class AnyOptimizerOptions, class Visit>
void each_optimizer_option(AnyOptimizerOptions& o, const std::string& prefix, Visit&& visit) {
  using enum OptimizerKind;
  const std::string whose = prefix == "g-" ? " (G)" : prefix == "d-" ? " (D)" : "";
  const auto option = [&](auto& field, const char* name, const char* help, double min, double max,
                          const Reader& reader) {
    const std::string flag = prefix + name, text = help + whose;
    visit(field, OptionInfo{flag.c_str(), "Optimizers", text.c_str(), min, max, false, reader});
  };
  const auto only = [&](const std::vector<OptimizerKind>& kinds) {
    return read_by(prefix + "optimizer", o.kind, kinds);
  };
  option(o.kind, "optimizer", "Optimizer", 0, 0, {});
  option(o.learning_rate, "lr", "Learning rate", 0, 1e3, {});
  option(o.decay_after, "lr-decay-after", "Steps after which the learning rate falls as 1 / sqrt(step); 0: never", 0,
         option_range::kCount, {});
  option(o.beta1, "beta1", "Decay of the mean of gradients", 0, 0.999999, only({adam}));
  option(o.beta2, "beta2", "Decay of the mean of squared gradients", 0, 0.99999999, only({adam}));
  option(o.epsilon, "epsilon", "Added to the divisor", 0, 1, only({adam, rmsprop}));
  option(o.epsilon_hat, "epsilon-hat", "Add epsilon before the bias correction, as Keras does", 0, 1, only({adam}));
  option(o.momentum, "momentum", "Momentum", 0, 0.999999, only({sgd}));
  Reader nesterov = only({sgd});
  if (nesterov.reads && o.momentum == 0) {
    nesterov.reads = false, nesterov.only = "only a --" + prefix + "momentum above 0 reads it";
  }
  option(o.nesterov, "nesterov", "Nesterov momentum", 0, 1, nesterov);
  option(o.rms_decay, "rms-decay", "Decay of the mean of squared gradients", 0, 0.999999, only({rmsprop}));
  option(o.historical_averaging, "historical-averaging",
         "Weight of the squared distance to the mean of all earlier weights; 0: none", 0, 1e6, {});
}

/// Calls visit(field, OptionInfo) for each field, in the order in which they are shown. An option comes after those
/// that decide who reads it.
template <class AnyOptions, class Visit>
void each_option(AnyOptions& o, Visit&& visit) {
  using option_range::kCount;
  visit(o.recipe, OptionInfo{"recipe", "Recipe", "Row of the table that --list-recipes prints"});
  visit(o.model,
        OptionInfo{"model", "Recipe", "Family of the model; without --recipe selects the recipe of that name"});
  visit(o.network.arch,
        OptionInfo{"arch", "Recipe", "Networks; without --recipe and --model selects the recipe of that name"});

  visit(
      o.data,
      OptionInfo{"data", "Data",
                 "Folder, .zip or .tar of pictures, folder with MNIST's or CIFAR-10's files, IDX file, .npy, .npz, or "
                 "stacked-mnist:FOLDER",
                 0, 0, true});
  visit(
      o.preparation.framing.side,
      OptionInfo{"image-size", "Data", "Resize to squares of so many pixels a side; 0: as they are", 0, kMaxImageSide});
  visit(
      o.preparation.framing.crop,
      OptionInfo{"crop", "Data", "Before resizing cut out the middle square, or one of so many pixels; none: squeeze"});
  visit(o.preparation.colors, OptionInfo{"colors", "Data", "Channels of the images; auto: RGB if any has colours"});
  visit(o.preparation.framing.background,
        OptionInfo{"background", "Data", "What lies behind transparent pixels: black, white or #rrggbb"});
  visit(o.preparation.labels,
        OptionInfo{"labels", "Data",
                   "Take classes from the sub-folders of pictures or the labels of other data, or none"});
  visit(o.preparation.bad_pictures,
        OptionInfo{"bad-pictures", "Data", "Leave out up to so many pictures that cannot be read", 0, kCount, true});
  visit(o.preparation.transpose,
        OptionInfo{"transpose", "Data", "Swap rows and columns of the images: for EMNIST's files"});
  visit(o.mirror, OptionInfo{"mirror", "Data", "Flip images left to right at random"});
  visit(o.limit, OptionInfo{"limit", "Data", "Use only the first N images; 0: all", 0, kCount});
  visit(o.batch_size, OptionInfo{"batch-size", "Data", "Images per step", 1, 65536});
  visit(o.sampling, OptionInfo{"sampling", "Data",
                               "Use each image once per epoch, shuffled or in file order, or draw with replacement"});
  visit(o.steps_per_epoch, OptionInfo{"steps-per-epoch", "Data",
                                      "Steps per epoch; 0: as many full batches as the images give", 0, kCount});

  using enum ModelKind;
  const Reader dcgan = read_by("arch", o.network.arch, {Arch::dcgan});
  const Reader of_images = without_heading(read_by("model", o.model, {gan, cgan, infogan, bigan, lapgan}));
  visit(o.latent.size, OptionInfo{"latent-size", "Networks", "Size of a latent vector", 1, 65536});
  visit(o.network.base_channels, OptionInfo{"base-channels", "Networks", "Channels of D's first layer", 1, 1024, false,
                                            either(dcgan, read_by("model", o.model, {lapgan}))});
  visit(o.network.depth, OptionInfo{"depth", "Networks", "3 x 3 convolutions after each of the others but G's last", 0,
                                    8, false, dcgan});
  visit(o.network.max_channels, OptionInfo{"max-channels", "Networks", "No layer has more channels; 0: no limit", 0,
                                           65536, false, read_by("arch", o.network.arch, {Arch::dcgan, Arch::upconv})});
  visit(o.network.smallest_maps,
        OptionInfo{"smallest-maps", "Networks", "Halve sides until at most so many pixels are left; 0: twice", 0, 4096,
                   false, read_by("arch", o.network.arch, {Arch::upconv})});
  const Reader of_infogan = read_by("model", o.model, {infogan});
  visit(o.code.categories,
        OptionInfo{"categories", "Networks", "Categories of the one-hot code", 2, 256, false, of_infogan});
  visit(o.code.codes, OptionInfo{"codes", "Networks", "Uniform codes", 1, 256, false, of_infogan});
  visit(o.stochastic_encoder, OptionInfo{"stochastic-encoder", "Networks", "E gives a mean and a deviation, as in ALI",
                                         0, 1, false, read_by("model", o.model, {bigan})});
  const bool more_hidden_layers = read_by("model", o.model, {bigan, aae, lapgan}).reads;
  const bool no_dropout_layer = !more_hidden_layers && o.network.arch == Arch::upconv && !o.network.dropout_last;
  visit(o.network.dropout, OptionInfo{"dropout", "Networks", "Dropout after D's hidden layers", 0, 0.99, false,
                                      Reader{!no_dropout_layer, "with --arch upconv only --dropout-last reads it"}});
  visit(o.network.dropout_last, OptionInfo{"dropout-last", "Networks", "Dropout also after D's last hidden layer", 0, 1,
                                           false, Reader{o.network.dropout > 0, "only a --dropout above 0 reads it"}});
  visit(o.network.d_norm, OptionInfo{"d-norm", "Networks", "Norm of D's layers", 0, 0, false, both(dcgan, of_images)});
  const Reader batch_norm = without_heading(read_by("d-norm", o.network.d_norm, {Norm::batch}));
  visit(o.network.d_norm_last, OptionInfo{"d-norm-last", "Networks", "Batch norm also after D's last convolution", 0, 1,
                                          false, both(both(dcgan, of_images), batch_norm)});
  visit(o.network.minibatch_std,
        OptionInfo{"minibatch-std", "Networks", "Show D how much a batch varies", 0, 1, false, both(dcgan, of_images)});
  visit(o.network.minibatch_discrimination,
        OptionInfo{"minibatch-discrimination", "Networks",
                   "Show D how close an example is to the others of its batch: kernels x numbers in each; 0: do not"});
  visit(o.network.virtual_batch_norm,
        OptionInfo{"virtual-batch-norm", "Networks", "Norm G's layers by one fixed batch, not by each batch itself", 0,
                   1, false,
                   without_heading(both(read_by("arch", o.network.arch, {Arch::dcgan, Arch::upconv}),
                                        read_by("model", o.model, {gan, cgan, infogan, bigan, aae})))});
  visit(o.network.norm_eps,
        OptionInfo{"norm-eps", "Networks", "What batch norms add to a variance", 1e-12, 1, false, dcgan});
  visit(o.network.norm_momentum,
        OptionInfo{"norm-momentum", "Networks",
                   "Weight of a new batch in running averages, as in PyTorch; 1 minus Keras's", 1e-6, 1, false, dcgan});
  visit(o.network.same_padding,
        OptionInfo{"same-padding", "Networks", "D pads 7 pixels by 1 before and 2 after, as TensorFlow does", 0, 1,
                   false, dcgan});
  visit(o.network.init, OptionInfo{"init", "Networks", "Initial weights"});

  Reader labels = read_by("loss", o.game.loss, {Loss::nonsaturating, Loss::minimax, Loss::lsgan});
  labels.heading = "";
  visit(o.game.loss, OptionInfo{"loss", "Game", "Loss of both players"});
  visit(o.game.label_smoothing,
        OptionInfo{"label-smoothing", "Game", "Label real images 1 minus this (other losses have no labels)", 0, 0.5,
                   false, labels});
  visit(o.latent.noise,
        OptionInfo{"noise", "Game", "Distribution of latents: N(0, 1), uniform in [-1, 1), or ten normals in a ring"});
  visit(o.game.joined_batch, OptionInfo{"joined-batch", "Game", "Show D real and generated images as one batch"});
  visit(o.game.fresh_noise, OptionInfo{"fresh-noise", "Game", "Draw new noise for G's turn instead of D's"});
  visit(o.game.inferred_fakes, OptionInfo{"inferred-fakes", "Game",
                                          "Run G in inference mode in D's turn; its batch norms learn in G's turn only",
                                          0, 1, false, Reader{o.game.fresh_noise, "only --fresh-noise reads it"}});
  visit(o.game.r1,
        OptionInfo{"r1", "Game", "Weight of the penalty on D's squared gradient at real images; 0: none", 0, 1e6});
  visit(o.game.r2, OptionInfo{"r2", "Game", "The same at generated images", 0, 1e6});
  visit(o.game.gradient_penalty,
        OptionInfo{"gradient-penalty", "Game", "Weight of WGAN-GP's penalty, between real and generated; 0: none", 0,
                   1e6});
  visit(o.game.penalty_every,
        OptionInfo{"penalty-every", "Game", "Apply the penalty every k steps, with k times its weight", 1, 1000, false,
                   Reader{o.game.r1 > 0 || o.game.r2 > 0 || o.game.gradient_penalty > 0,
                          "only --r1, --r2 or --gradient-penalty above 0 reads it"}});
  visit(o.code.information, OptionInfo{"information", "Game", "Weight of the category's information in both losses", 0,
                                       1e6, false, of_infogan});
  visit(o.code.code_information,
        OptionInfo{"code-information", "Game", "Weight of the uniform codes' information", 0, 1e6, false, of_infogan});
  visit(o.game.feature_matching,
        OptionInfo{"feature-matching", "Game", "Weight in G's loss of the distance between D's mean features; 0: none",
                   0, 1e6});
  visit(o.game.diffaugment,
        OptionInfo{"diffaugment", "Game", "Change all images that D sees at random: color,translation,cutout; none", 0,
                   0, false, of_images});
  visit(o.d_optimizer.weight_clip,
        OptionInfo{"weight-clip", "Game", "Keep D's weights within +/- this, as WGAN does; 0: do not", 0, 1e6});
  visit(o.game.d_steps, OptionInfo{"d-steps", "Game", "D's steps per step of G", 1, 1000});
  visit(o.ema,
        OptionInfo{"ema", "Game", "Decay per step of the moving average of G's weights; 0: none", 0, 0.99999999});

  each_optimizer_option(o.g_optimizer, "g-", visit);
  each_optimizer_option(o.d_optimizer, "d-", visit);

  visit(o.epochs, OptionInfo{"epochs", "Length", "Passes over the data", 1, kCount, true});
  visit(o.steps, OptionInfo{"steps", "Length", "Length in steps instead of epochs; 0: use --epochs", 0, kCount, true});
  visit(o.max_minutes,
        OptionInfo{"max-minutes", "Length", "End after this many minutes of training; 0: no limit", 0, 1e6, true});

  visit(o.on_nan, OptionInfo{"on-nan", "Length", "When a loss becomes non-finite: end, or go back", 0, 0, true});
  visit(o.on_collapse, OptionInfo{"on-collapse", "Length",
                                  "When the watchdog sees the run go wrong: warn, end, or go back", 0, 0, true});

  visit(o.log_every, OptionInfo{"log-every", "Output", "Log a line of numbers (0: only at the end)", 0, kCount, true});
  visit(o.sample_every,
        OptionInfo{"sample-every", "Output", "Draw a grid of samples (0: only at start and end)", 0, kCount, true});
  visit(o.grid, OptionInfo{"grid", "Output", "Rows x columns of a grid", 0, kCount, true});
  visit(o.eval_every,
        OptionInfo{"eval-every", "Output",
                   "Judge samples, if the data has a classifier.pt, and keep g-best.pt (0: never)", 0, kCount, true});
  visit(o.eval_samples, OptionInfo{"eval-samples", "Output", "Number of samples to judge", 100, 100000, true});
  visit(o.checkpoint_every,
        OptionInfo{"checkpoint-every", "Output", "Write a checkpoint and g.pt (0: only at the end)", 0, kCount, true});
  visit(o.keep_every,
        OptionInfo{"keep-every", "Output", "Checkpoints to keep besides the last two (0: none)", 0, kCount, true});

  visit(o.seed, OptionInfo{"seed", "Machine", "Seed of weights, noise and the order of images", 0, 9e15});
  visit(o.device, OptionInfo{"device", "Machine", "auto, cpu, cuda or cuda:N", 0, 0, true});
  visit(o.threads, OptionInfo{"threads", "Machine", "CPU threads; 0: as many as there are CPUs", 0, 1024, true});
  visit(o.sync_batch_norm,
        OptionInfo{"sync-batch-norm", "Machine",
                   "Of several processes: statistics of a batch are those of all; else each process's own"});
  visit(o.precision, OptionInfo{"precision", "Machine",
                                "What networks compute in; weights are fp32. auto: the faster, timed at the start"});
  visit(o.graph, OptionInfo{"graph", "Machine", "On a GPU: record a step in a CUDA graph and replay it", 0, 0, true});
  visit(o.deterministic,
        OptionInfo{"deterministic", "Machine", "Reproducible bits on a GPU, too; slower there", 0, 0, true});
}

/// Throws Error naming the flag unless every value is in its range and the values fit each other.
void validate(const Options& options);

/// Throws Error unless the data fills a batch and the networks can make images of its shape.
void validate(const Options& options, const DataShape& data, int64_t images);

/// Sets the option named `flag` from text, or, by a name like "lr", that of both players' optimizers. Throws Error
/// naming that flag if the text is no such value or out of its range. False if there is no such option.
bool set_option(Options& options, const std::string& flag, const std::string& text);

/// The names that set_option takes.
std::vector<std::string> option_names();

/// Throws Error unless something reads the option `flag` under these options: "--base-channels: only --arch dcgan reads
/// it, not --arch mlp". One player is enough for a flag that sets both.
void require_reader(const Options& options, const std::string& flag);

/// `options` with the default for every option that nothing reads: those may come with a recipe or from another run.
Options only_read(Options options);

/// Whether these flags, which set `options` over the defaults, are those of a run's options.toml: they include every
/// option of networks, game and optimizers that is read. A file from an older version lacks newer options, which then
/// have their defaults whatever the recipe has by now.
bool are_of_a_whole_run(const Options& options, const std::set<std::string>& flags);

/// What --help calls a value of the option: "INT", "FLOAT", "TEXT", "STEPS|EPOCHSe", "RxC", "adam|sgd|rmsprop".
std::string placeholder(const int64_t&);
std::string placeholder(const double&);
std::string placeholder(const bool&);
std::string placeholder(const std::string&);
std::string placeholder(const Every&);
std::string placeholder(const GridShape&);
std::string placeholder(const MinibatchKernels&);
std::string placeholder(const Augmentations&);
std::string placeholder(const Crop&);
std::string placeholder(const Color&);
template <Choosable E>
std::string placeholder(const E&) {
  return words<E>();
}

/// What an error says was expected: "a whole number", "adam|sgd|rmsprop", ...
std::string expected_text(const int64_t&);
std::string expected_text(const double&);
std::string expected_text(const bool&);
std::string expected_text(const std::string&);
std::string expected_text(const Every&);
std::string expected_text(const GridShape&);
std::string expected_text(const MinibatchKernels&);
std::string expected_text(const Augmentations&);
std::string expected_text(const Crop&);
std::string expected_text(const Color&);
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

/// Gives options that a file of an older program lacks (`has` says which it has) what that program did.
void complete_older(Options& options, const std::function<bool(const std::string& flag)>& has);

/// All options as plain values, for checkpoints, and back. An option that the dictionary lacks has its default: the
/// file is older than the option, which does nothing by default. So has an option that nothing reads. Throws Error for
/// an unknown option and for a value of the wrong kind or out of range.
Dict to_dict(const Options& options);
Options options_from_dict(const Dict& dict);

/// Whether `flag` sets both players' optimizers, as "lr" does. A flag for one player wins, whichever comes first.
bool sets_both_players(const std::string& flag);

/// The options that differ between a run and its resumption and must not, as "batch-size: 64 -> 128"; empty if there
/// are none. Here and below only options that `after`, the second, reads count.
std::string forbidden_changes(const Options& run, const Options& resumed);

/// All options that differ, as "epochs: 30 -> 60"; empty if there are none.
std::string all_changes(const Options& before, const Options& after);

/// The options that differ between a run and a fork of it and give the networks other weights, as "base-channels: 16 ->
/// 32"; empty if there are none.
std::string network_changes(const Options& run, const Options& fork);

/// Steps per epoch, and of the whole run, on `images` images.
int64_t steps_per_epoch(const Options& options, int64_t images);
int64_t total_steps(const Options& options, int64_t images);

/// Whether a run on `images` images is over after so many steps and so many seconds of training.
bool is_over(const Options& options, int64_t images, int64_t step, double seconds);

}  // namespace gan
