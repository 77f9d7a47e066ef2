// Settings together: every pair of values that any two of them can have is trained with, saved, resumed and sampled.

#include <ATen/ATen.h>

#include <functional>
#include <random>
#include <set>

#include "gan/base/random.h"
#include "gan/device/device.h"
#include "gan/networks/architecture.h"
#include "gan/run/bench.h"
#include "gan/run/verify_resume.h"
#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

struct Trial {
  Options options;
  ImageShape images;
};

/// Something that is set: its values, each as a word and as what it does.
struct Setting {
  struct Value {
    std::string word;
    std::function<void(Trial&)> apply;
  };
  std::string name;
  std::vector<Value> values;
};

template <class Field>
Setting setting(const std::string& name, Field& (*field)(Options&), const std::vector<Field>& values) {
  Setting all{name, {}};
  for (const Field& value : values) {
    all.values.push_back({to_text(value), [=](Trial& trial) { field(trial.options) = value; }});
  }
  return all;
}

void set_penalties(GameOptions& game, double r1, double r2, double gradient_penalty) {
  game.r1 = r1, game.r2 = r2, game.gradient_penalty = gradient_penalty;
}

Setting penalties() {
  return {"penalty",
          {{"none", [](Trial& s) { set_penalties(s.options.game, 0, 0, 0); }},
           {"r1", [](Trial& s) { set_penalties(s.options.game, 0.3, 0, 0); }},
           {"r2", [](Trial& s) { set_penalties(s.options.game, 0, 0.3, 0); }},
           {"gradient-penalty", [](Trial& s) { set_penalties(s.options.game, 0, 0, 10); }},
           {"all", [](Trial& s) { set_penalties(s.options.game, 0.3, 0.3, 10); }}}};
}

Setting shapes() {
  Setting all{"images", {}};
  for (const ImageShape& shape : {ImageShape{1, 28, 28}, {3, 32, 32}, {1, 12, 20}, {3, 12, 12}, {1, 1, 9}, {3, 5, 4}}) {
    all.values.push_back({to_text(shape), [=](Trial& trial) { trial.images = shape; }});
  }
  return all;
}

Setting optimizers() {
  Setting all{"optimizer", {}};
  for (const OptimizerOptions& kind : {OptimizerOptions{.kind = OptimizerKind::adam},
                                       {.kind = OptimizerKind::adam, .epsilon_hat = true},
                                       {.kind = OptimizerKind::sgd},
                                       {.kind = OptimizerKind::rmsprop},
                                       {.kind = OptimizerKind::sgd, .momentum = 0.9, .nesterov = true}}) {
    all.values.push_back({to_text(kind.kind) + (kind.nesterov      ? " nesterov"
                                                : kind.epsilon_hat ? " epsilon-hat"
                                                                   : ""),
                          [=](Trial& s) { s.options.g_optimizer = s.options.d_optimizer = kind; }});
  }
  return all;
}

Setting decays() {
  return {"lr-decay-after", {{"0", [](Trial&) {}}, {"2", [](Trial& s) {
                                                      s.options.g_optimizer.decay_after = 2;
                                                      s.options.d_optimizer.decay_after = 2;
                                                    }}}};
}

Setting turns_of_g() {
  return {
      "fresh-noise",
      {{"true", [](Trial& s) { s.options.game.fresh_noise = true; }},
       {"false", [](Trial& s) { s.options.game.fresh_noise = false; }},
       {"true, inferred-fakes", [](Trial& s) { s.options.game.fresh_noise = s.options.game.inferred_fakes = true; }}}};
}

Setting constants() {
  const auto tensorflow = [](Trial& s) {
    NetworkOptions& network = s.options.network;
    network.norm_eps = 1e-3, network.norm_momentum = 0.01, network.same_padding = true;
  };
  return {"constants", {{"pytorch", [](Trial&) {}}, {"tensorflow", tensorflow}}};
}

using Settings = std::vector<Setting>;

/// Of the plain GAN.
const Settings& settings_of_gan() {
  using O = Options&;
  static const Settings all{
      setting<Arch>("arch", [](O o) -> Arch& { return o.network.arch; }, {Arch::dcgan, Arch::upconv, Arch::mlp}),
      shapes(),
      setting<int64_t>("batch-size", [](O o) -> int64_t& { return o.batch_size; }, {1, 2, 3, 8}),
      setting<bool>("mirror", [](O o) -> bool& { return o.mirror; }, {false, true}),
      setting<int64_t>("depth", [](O o) -> int64_t& { return o.network.depth; }, {0, 1, 2}),
      setting<int64_t>("max-channels", [](O o) -> int64_t& { return o.network.max_channels; }, {0, 3}),
      setting<Precision>("precision", [](O o) -> Precision& { return o.precision; },
                         {Precision::fp32, Precision::bf16}),
      setting<Loss>(
          "loss", [](O o) -> Loss& { return o.game.loss; },
          {Loss::nonsaturating, Loss::minimax, Loss::lsgan, Loss::hinge, Loss::relativistic, Loss::wasserstein}),
      penalties(),
      setting<int64_t>("penalty-every", [](O o) -> int64_t& { return o.game.penalty_every; }, {1, 2}),
      setting<Norm>("d-norm", [](O o) -> Norm& { return o.network.d_norm; }, {Norm::batch, Norm::none, Norm::spectral}),
      setting<bool>("d-norm-last", [](O o) -> bool& { return o.network.d_norm_last; }, {true, false}),
      setting<bool>("minibatch-std", [](O o) -> bool& { return o.network.minibatch_std; }, {false, true}),
      setting<Init>("init", [](O o) -> Init& { return o.network.init; }, {Init::standard, Init::xavier, Init::dcgan}),
      setting<double>("dropout", [](O o) -> double& { return o.network.dropout; }, {0, 0.3}),
      setting<bool>("dropout-last", [](O o) -> bool& { return o.network.dropout_last; }, {true, false}),
      setting<bool>("joined-batch", [](O o) -> bool& { return o.game.joined_batch; }, {false, true}),
      turns_of_g(),
      setting<Noise>("noise", [](O o) -> Noise& { return o.latent.noise; }, {Noise::normal, Noise::uniform}),
      setting<double>("label-smoothing", [](O o) -> double& { return o.game.label_smoothing; }, {0, 0.1}),
      setting<int64_t>("d-steps", [](O o) -> int64_t& { return o.game.d_steps; }, {1, 2}),
      setting<double>("ema", [](O o) -> double& { return o.ema; }, {0, 0.9}),
      setting<Sampling>("sampling", [](O o) -> Sampling& { return o.sampling; },
                        {Sampling::epoch, Sampling::replacement, Sampling::sequential}),
      constants(),
      optimizers(),
      decays(),
  };
  return all;
}

Setting augmentations() {
  return {"diffaugment", {{"none", [](Trial&) {}}, {"all", [](Trial& s) {
                                                      s.options.game.diffaugment = {true, true, true};
                                                    }}}};
}

Setting regularisers() {
  return {"regulariser",
          {{"none", [](Trial&) {}},
           {"historical-averaging",
            [](Trial& s) {
              s.options.g_optimizer.historical_averaging = s.options.d_optimizer.historical_averaging = 0.1;
            }},
           {"weight-clip", [](Trial& s) { s.options.d_optimizer.weight_clip = 0.01; }}}};
}

/// Of the families, and what came with them. All on small networks of one architecture.
const Settings& settings_of_families() {
  using O = Options&;
  static const Settings all{
      setting<ModelKind>(
          "model", [](O o) -> ModelKind& { return o.model; },
          {ModelKind::gan, ModelKind::cgan, ModelKind::infogan, ModelKind::bigan, ModelKind::aae, ModelKind::lapgan}),
      setting<Loss>("loss", [](O o) -> Loss& { return o.game.loss; },
                    {Loss::nonsaturating, Loss::minimax, Loss::hinge, Loss::relativistic, Loss::wasserstein}),
      setting<Precision>("precision", [](O o) -> Precision& { return o.precision; },
                         {Precision::fp32, Precision::bf16}),
      penalties(),
      setting<int64_t>("penalty-every", [](O o) -> int64_t& { return o.game.penalty_every; }, {1, 2}),
      setting<bool>("joined-batch", [](O o) -> bool& { return o.game.joined_batch; }, {false, true}),
      turns_of_g(),
      setting<int64_t>("d-steps", [](O o) -> int64_t& { return o.game.d_steps; }, {1, 2}),
      setting<Norm>("d-norm", [](O o) -> Norm& { return o.network.d_norm; }, {Norm::batch, Norm::spectral}),
      setting<bool>("d-norm-last", [](O o) -> bool& { return o.network.d_norm_last; }, {true, false}),
      setting<Noise>("noise", [](O o) -> Noise& { return o.latent.noise; },
                     {Noise::normal, Noise::uniform, Noise::mixture}),
      setting<MinibatchKernels>("minibatch-discrimination",
                                [](O o) -> MinibatchKernels& { return o.network.minibatch_discrimination; },
                                {{}, {3, 2}}),
      setting<int64_t>("depth", [](O o) -> int64_t& { return o.network.depth; }, {0, 1}),
      setting<bool>("virtual-batch-norm", [](O o) -> bool& { return o.network.virtual_batch_norm; }, {false, true}),
      setting<bool>("stochastic-encoder", [](O o) -> bool& { return o.stochastic_encoder; }, {false, true}),
      setting<double>("feature-matching", [](O o) -> double& { return o.game.feature_matching; }, {0, 0.1}),
      setting<double>("ema", [](O o) -> double& { return o.ema; }, {0, 0.9}),
      augmentations(),
      regularisers(),
  };
  return all;
}

/// A value of each setting, by its index.
using Row = std::vector<size_t>;

Trial trial_of(const Settings& settings, const Row& row) {
  Trial trial{.options = find_recipe("dcgan").options, .images = {1, 28, 28}};
  trial.options.network.minibatch_std = false;
  trial.options.batch_size = 4;
  trial.options.network.base_channels = 2;
  trial.options.latent.size = 3;
  trial.options.grid = {1, 2};
  trial.options.data = "none";  // no folder: samples are not judged
  for (size_t i = 0; i < row.size(); ++i) settings[i].values[row[i]].apply(trial);
  return trial;
}

std::string text_of(const Settings& settings, const Row& row) {
  std::string text;
  for (size_t i = 0; i < row.size(); ++i) text += " " + settings[i].name + " " + settings[i].values[row[i]].word;
  return text;
}

/// What cannot be trained, written down here once more: whatever else is refused, and whatever of this is not, is a
/// fault.
bool cannot_be(const Trial& trial) {
  const Options& o = trial.options;
  const ImageShape& images = trial.images;
  const bool square = images.height == images.width;
  const bool for_dcgan = square && (images.height == 28 || images.height == 32);
  const bool for_upconv =
      images.height % 4 == 0 && images.width % 4 == 0 && std::min(images.height, images.width) >= 12;
  const Arch arch = o.network.arch;
  return (arch == Arch::dcgan && !for_dcgan) || (arch == Arch::upconv && (!for_upconv || o.batch_size == 1)) ||
         ((o.network.minibatch_std || o.network.minibatch_discrimination.count > 0) && o.game.joined_batch);
}

/// Their fully connected layers are of millions of weights, which files spend seconds on. EveryArch
/// (gan_sample_test.cpp) trains them in full size; here small images stand for them.
bool is_large(const Trial& trial) {
  return trial.options.network.arch != Arch::dcgan && trial.images.height >= 28;
}

struct Pair {
  size_t a, a_value, b, b_value;
  auto operator<=>(const Pair&) const = default;
};

std::set<Pair> all_pairs(const Settings& settings) {
  std::set<Pair> pairs;
  for (size_t a = 0; a < settings.size(); ++a) {
    for (size_t b = a + 1; b < settings.size(); ++b) {
      for (size_t i = 0; i < settings[a].values.size(); ++i) {
        for (size_t k = 0; k < settings[b].values.size(); ++k) pairs.insert({a, i, b, k});
      }
    }
  }
  return pairs;
}

bool has(const Row& row, const Pair& pair) {
  return row[pair.a] == pair.a_value && row[pair.b] == pair.b_value;
}

/// Rows that can be trained and hold every pair that such a row can have, and for each other pair a row with it.
struct Cover {
  std::vector<Row> trained, refused;
};

Cover cover_pairs(const Settings& settings) {
  constexpr int kTries = 800, kChosenFrom = 100;
  std::mt19937 random(1);  // the same rows each time: its numbers are the standard's
  std::set<Pair> open = all_pairs(settings);
  Cover cover;
  while (!open.empty()) {
    const Pair pair = *open.begin();
    Row best, any;
    long most = -1;
    int found = 0;
    for (int i = 0; i < kTries && found < kChosenFrom; ++i) {
      Row row;
      for (const Setting& setting : settings) row.push_back(random() % setting.values.size());
      row[pair.a] = pair.a_value, row[pair.b] = pair.b_value;
      const Trial trial = trial_of(settings, row);
      if (cannot_be(trial)) any = row;
      if (cannot_be(trial) || is_large(trial)) continue;
      ++found;
      const long covered = std::ranges::count_if(open, [&](const Pair& one) { return has(row, one); });
      if (covered > most) most = covered, best = row;
    }
    if (found > 0) {
      std::erase_if(open, [&](const Pair& one) { return has(best, one); });
      cover.trained.push_back(best);
    } else {
      open.erase(pair);
      if (!any.empty()) cover.refused.push_back(any);
    }
  }
  return cover;
}

Dataset noise_of(ImageShape shape) {
  const at::Generator generator = make_generator(1);
  return {.images = at::randint(256, {16, shape.channels, shape.height, shape.width}, generator, at::kByte),
          .labels = at::arange(16).remainder(3).to(at::kByte)};
}

void expect_trained_or_refused(const Settings& settings) {
  set_up_cpu(1);
  const Cover cover = cover_pairs(settings);
  EXPECT_GE(cover.trained.size(), 30u);
  for (const Row& row : cover.trained) {
    SCOPED_TRACE(text_of(settings, row));
    const Trial trial = trial_of(settings, row);
    try {
      const ResumeCheck check = verify_resume(trial.options, noise_of(trial.images), 2);
      EXPECT_TRUE(check.same) << check.report;
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
  EXPECT_GE(cover.refused.size(), 1u);
  for (const Row& row : cover.refused) {
    SCOPED_TRACE(text_of(settings, row));
    const Trial trial = trial_of(settings, row);
    EXPECT_THROW(
        {
          validate(trial.options);
          const Dataset data = noise_of(trial.images);
          validate(trial.options, data.data_shape(), data.size());
        },
        Error);
  }
}

TEST(PairsOfSettings, AreTrainedSavedResumedAndSampledOrRefusedInOneLine) {
  expect_trained_or_refused(settings_of_gan());
}

TEST(PairsOfSettings, OfTheFamiliesAreTrainedSavedResumedAndSampledOrRefusedInOneLine) {
  expect_trained_or_refused(settings_of_families());
}

TEST(PairsOfSettings, AutomaticPrecisionSurvivesAnyOfThem) {
  set_up_cpu(1);
  Options options = find_recipe("mlp").options;
  options.batch_size = 4;
  set_penalties(options.game, 0, 0, 10);
  const Precision chosen = quicker_precision(options, noise_of({1, 4, 4}));
  EXPECT_TRUE(chosen == Precision::fp32 || chosen == Precision::bf16);
}

}  // namespace
}  // namespace gan
