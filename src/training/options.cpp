#include "gan/training/options.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "gan/base/text.h"
#include "gan/networks/architecture.h"

namespace gan {

namespace {

template <class T>
constexpr bool kIsNumber = std::is_same_v<T, int64_t> || std::is_same_v<T, double>;

template <class Field>
void require_range(const OptionInfo& info, const Field& field) {
  if constexpr (std::is_same_v<Field, std::string>) {
    const char* expected = !is_utf8(field)                 ? "UTF-8"
                           : has_control_characters(field) ? "no control characters"
                                                           : nullptr;
    if (expected) throw Error("--" + std::string(info.flag) + ": expected " + expected + ", got '" + field + "'");
  }
  if constexpr (std::is_same_v<Field, Every>) {
    if (static_cast<double>(field.count) <= info.max) return;
    throw Error("--" + std::string(info.flag) + ": expected at most " + to_text(static_cast<int64_t>(info.max)) +
                ", got " + to_text(field));
  }
  if constexpr (kIsNumber<Field>) {
    if (field >= info.min && field <= info.max) return;
    const bool whole = std::is_same_v<Field, int64_t>;
    const auto bound = [&](double value) { return whole ? to_text(static_cast<int64_t>(value)) : to_text(value); };
    throw Error("--" + std::string(info.flag) + ": expected " + bound(info.min) + " to " + bound(info.max) + ", got " +
                to_text(field));
  }
}

int64_t images_used(const Options& options, int64_t images) {
  return options.limit > 0 ? std::min(options.limit, images) : images;
}

/// The options that decide which weights the networks have, and of what shape.
constexpr std::string_view kDecideWeights[] = {"model",
                                               "arch",
                                               "latent-size",
                                               "categories",
                                               "codes",
                                               "base-channels",
                                               "depth",
                                               "max-channels",
                                               "smallest-maps",
                                               "d-norm",
                                               "d-norm-last",
                                               "minibatch-std",
                                               "minibatch-discrimination",
                                               "virtual-batch-norm",
                                               "stochastic-encoder"};

/// Options of networks, game and optimizers that the options.toml of older runs lacks.
constexpr std::string_view kNewer[] = {"norm-eps",
                                       "norm-momentum",
                                       "same-padding",
                                       "inferred-fakes",
                                       "g-epsilon-hat",
                                       "d-epsilon-hat",
                                       "feature-matching",
                                       "code-information",
                                       "minibatch-discrimination",
                                       "virtual-batch-norm",
                                       "diffaugment",
                                       "weight-clip",
                                       "g-historical-averaging",
                                       "d-historical-averaging",
                                       "max-channels",
                                       "smallest-maps",
                                       "depth",
                                       "g-lr-decay-after",
                                       "d-lr-decay-after",
                                       "d-norm-last"};

template <size_t kCount>
bool is_among(const std::string_view (&names)[kCount], const OptionInfo& info) {
  return std::ranges::find(names, std::string_view(info.flag)) != std::end(names);
}

/// The options that matter, are read in `after` and differ: "batch-size: 64 -> 128, seed: 0 -> 1".
template <class Matters>
std::string changes(const Options& before, const Options& after, const Matters& matters) {
  std::vector<std::string> was;
  each_option(before, [&](const auto& field, const OptionInfo&) { was.push_back(to_text(field)); });
  std::string changes;
  size_t at = 0;
  each_option(after, [&](const auto& field, const OptionInfo& info) {
    const std::string& before = was[at++];
    if (!matters(info) || !info.reader.reads || before == to_text(field)) return;
    changes += (changes.empty() ? "" : ", ") + std::string(info.flag) + ": " + before + " -> " + to_text(field);
  });
  return changes;
}

/// Visits every flag: the options, then those that set both players' optimizers, once for each player.
template <class AnyOptions, class Visit>
void each_flag(AnyOptions& options, const Visit& visit) {
  each_option(options, visit);
  each_optimizer_option(options.g_optimizer, "", visit);
  each_optimizer_option(options.d_optimizer, "", visit);
}

}  // namespace

std::string placeholder(const int64_t&) {
  return "INT";
}
std::string placeholder(const double&) {
  return "FLOAT";
}
std::string placeholder(const bool&) {
  return "";
}
std::string placeholder(const std::string&) {
  return "TEXT";
}
std::string placeholder(const Every&) {
  return "STEPS|EPOCHSe";
}
std::string placeholder(const GridShape&) {
  return "RxC";
}
std::string placeholder(const MinibatchKernels&) {
  return "KERNELSxSIZE";
}
std::string placeholder(const Augmentations&) {
  return "LIST";
}
std::string placeholder(const Crop&) {
  return "center|none|PIXELS";
}
std::string placeholder(const Color&) {
  return "COLOR";
}

std::string expected_text(const int64_t&) {
  return "a whole number";
}
std::string expected_text(const double&) {
  return "a number";
}
std::string expected_text(const bool&) {
  return "true or false";
}
std::string expected_text(const std::string&) {
  return "text";
}
std::string expected_text(const Every&) {
  return "steps (100), epochs (10e) or 0";
}
std::string expected_text(const GridShape&) {
  return "rows x columns (8x8), 1x1 to 100x100";
}
std::string expected_text(const MinibatchKernels&) {
  return "kernels x size (32x8), 1x1 to 1000x1000, or 0";
}
std::string expected_text(const Augmentations&) {
  return "color, translation, cutout, each once with commas between them, or none";
}
std::string expected_text(const Crop&) {
  return "center, none or a number of pixels";
}
std::string expected_text(const Color&) {
  return "black, white or #rrggbb";
}

bool set_option(Options& options, const std::string& flag, const std::string& text) {
  bool found = false;
  each_flag(options, [&](auto& field, const OptionInfo& info) {
    if (flag != info.flag) return;
    parse_option(info, text, field);
    require_range(info, field);
    found = true;
  });
  return found;
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  const Options any;
  each_flag(any, [&](const auto&, const OptionInfo& info) { names.emplace_back(info.flag); });
  return names;
}

void require_reader(const Options& options, const std::string& flag) {
  bool read = false;
  std::set<std::string> only;  // G and D may differ in what they lack
  each_flag(options, [&](const auto&, const OptionInfo& info) {
    if (flag != info.flag) return;
    read |= info.reader.reads;
    only.insert(info.reader.only);
  });
  if (!read) throw Error("--" + flag + ": " + joined({only.begin(), only.end()}, "; "));
}

Options only_read(Options options) {
  std::vector<std::string> defaults;
  const Options all;
  each_option(all, [&](const auto& field, const OptionInfo&) { defaults.push_back(to_text(field)); });
  size_t at = 0;
  each_option(options, [&](auto& field, const OptionInfo& info) {
    const std::string& text = defaults[at++];
    if (!info.reader.reads) parse_text(text, field);
  });
  return options;
}

bool are_of_a_whole_run(const Options& options, const std::set<std::string>& flags) {
  const std::set<std::string_view> groups{"Networks", "Game", "Optimizers"};
  bool all = true;
  each_option(options, [&](const auto&, const OptionInfo& info) {
    const bool wanted = groups.contains(info.group) && info.reader.reads && !is_among(kNewer, info);
    if (wanted) all &= flags.contains(info.flag);
  });
  return all;
}

bool sets_both_players(const std::string& flag) {
  bool both = false;
  OptimizerOptions any;
  each_optimizer_option(any, "", [&](const auto&, const OptionInfo& info) { both |= flag == info.flag; });
  return both;
}

void validate(const Options& options) {
  each_option(options, [](const auto& field, const OptionInfo& info) { require_range(info, field); });
  // An old file may name a recipe that is no longer in the table; a run's folder is named by it.
  if (options.recipe.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
    throw Error("--recipe: expected a name of letters, digits and dashes, got '" + options.recipe + "'");
  }
  if (const int64_t fewest = architecture(options.network.arch).smallest_batch; options.batch_size < fewest) {
    throw Error("--batch-size: expected " + to_text(fewest) + " or more for the batch norm of --arch " +
                to_text(options.network.arch) + ", got " + to_text(options.batch_size));
  }
  if (options.network.minibatch_std && options.game.joined_batch) {
    throw Error("--minibatch-std: compares how much real and generated batches vary, so --joined-batch excludes it",
                "add --no-minibatch-std, or --no-joined-batch");
  }
  if (options.network.minibatch_discrimination.count > 0 && options.game.joined_batch) {
    throw Error("--minibatch-discrimination: compares examples of a batch, so --joined-batch excludes it",
                "add --no-joined-batch");
  }
  if (options.latent.noise == Noise::mixture && options.latent.size < 2) {
    throw Error("--latent-size: expected 2 or more numbers for --noise mixture, got " + to_text(options.latent.size));
  }
}

void validate(const Options& options, const DataShape& data, int64_t count) {
  require_data(options, data);
  const int64_t images = images_used(options, count);
  if (options.batch_size > images) {
    throw Error("--batch-size: expected at most the number of images, " + to_text(images) + ", got " +
                to_text(options.batch_size));
  }
}

Dict to_dict(const Options& options) {
  Dict dict;
  each_option(options, [&](const auto& field, const OptionInfo& info) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (kIsNumber<Field> || std::is_same_v<Field, bool>) {
      dict.set(info.flag, Value(field));
    } else {
      dict.set(info.flag, Value(to_text(field)));
    }
  });
  return dict;
}

void complete_older(Options& options, const std::function<bool(const std::string& flag)>& has) {
  if (!has("smallest-maps")) options.network.smallest_maps = 0;
}

Options options_from_dict(const Dict& dict) {
  Options options;
  complete_older(options, [&](const std::string& flag) { return dict.contains(flag); });
  size_t known = 0;
  each_option(options, [&](auto& field, const OptionInfo& info) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if (!dict.contains(info.flag)) return;
    ++known;
    if constexpr (kIsNumber<Field> || std::is_same_v<Field, bool>) {
      field = dict.get<Field>(info.flag);
    } else {
      parse_option(info, dict.get<std::string>(info.flag), field);
    }
  });
  if (dict.items.size() != known) throw Error("it holds options that this version does not know");
  validate(options);
  return only_read(options);
}

std::string all_changes(const Options& before, const Options& after) {
  return changes(before, after, [](const OptionInfo&) { return true; });
}

std::string forbidden_changes(const Options& run, const Options& resumed) {
  return changes(run, resumed, [](const OptionInfo& info) { return !info.may_change; });
}

std::string network_changes(const Options& run, const Options& fork) {
  return changes(run, fork, [](const OptionInfo& info) { return is_among(kDecideWeights, info); });
}

int64_t steps_per_epoch(const Options& options, int64_t images) {
  return options.steps_per_epoch > 0 ? options.steps_per_epoch : images_used(options, images) / options.batch_size;
}

int64_t total_steps(const Options& options, int64_t images) {
  return options.steps > 0 ? options.steps : options.epochs * steps_per_epoch(options, images);
}

bool is_over(const Options& options, int64_t images, int64_t step, double seconds) {
  const bool out_of_time = options.max_minutes > 0 && seconds >= options.max_minutes * 60;
  return step >= total_steps(options, images) || out_of_time;
}

}  // namespace gan
