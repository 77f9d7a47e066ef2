#include "gan/training/options.h"

#include <set>

#include "gan/training/recipes.h"
#include "support/models.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::HasSubstr;

Dataset images(int64_t count, ImageShape shape = {}) {
  return {at::zeros({count, shape.channels, shape.height, shape.width}, at::kByte), {}};
}

Options with_network(const NetworkOptions& network) {
  Options options;
  options.network = network;
  return options;
}

TEST(Options, EveryFieldHasAFlagOfItsOwn) {
  std::set<std::string> flags;
  size_t count = 0;
  const Options options;
  each_option(options, [&](const auto&, const OptionInfo& info) { flags.insert(info.flag), ++count; });
  EXPECT_EQ(flags.size(), count);
  EXPECT_TRUE(flags.contains("g-lr") && flags.contains("d-lr"));
}

TEST(Options, SurviveADictionary) {
  for (const auto& recipe : recipes()) {
    EXPECT_EQ(to_toml(options_from_dict(to_dict(recipe.options))), to_toml(recipe.options)) << recipe.name;
  }
}

TEST(Options, ADictionaryWithAnUnknownKeyIsRefused) {
  Dict more = to_dict(Options{});
  more.set("future-option", Value(int64_t{1}));
  EXPECT_THROW(options_from_dict(more), Error);
}

TEST(Options, AnOptionThatAnOlderFileLacksHasItsDefault) {
  Options options;
  options.deterministic = true;
  options.seed = 5;
  Dict older = to_dict(options);
  std::erase_if(older.items, [](const auto& item) { return item.first == "deterministic"; });
  const Options read = options_from_dict(older);
  EXPECT_FALSE(read.deterministic);
  EXPECT_EQ(read.seed, 5);
}

std::set<std::string> flags_of(const Options& options) {
  std::set<std::string> flags;
  each_option(options, [&](const auto&, const OptionInfo& info) { flags.insert(info.flag); });
  return flags;
}

TEST(Options, OfAWholeRunAreKnownThoughNewerOnesAreMissing) {
  const std::set<std::string> all = flags_of({});
  EXPECT_TRUE(are_of_a_whole_run(all));
  std::set<std::string> older = all, short_file = all;
  for (const char* flag :
       {"norm-eps", "norm-momentum", "same-padding", "inferred-fakes", "g-epsilon-hat", "d-epsilon-hat"})
    EXPECT_EQ(older.erase(flag), 1u) << flag;
  EXPECT_TRUE(are_of_a_whole_run(older));
  older.erase("seed");  // decides no recipe
  EXPECT_TRUE(are_of_a_whole_run(older));
  short_file.erase("g-lr");
  EXPECT_FALSE(are_of_a_whole_run(short_file));
  EXPECT_FALSE(are_of_a_whole_run({}));
}

TEST(Options, InferredFakesWithDsNoiseForGAreRefused) {
  Options options;
  options.game.inferred_fakes = true;
  EXPECT_NO_THROW(validate(options));
  options.game.fresh_noise = false;
  EXPECT_THAT(test::error_of([&] { validate(options); }), HasSubstr("--inferred-fakes: "));
}

TEST(Options, ADictionaryWithAValueOutOfRangeIsRefused) {
  Dict dict = to_dict(Options{});
  for (auto& [key, value] : dict.items) {
    if (key == "batch-size") value = Value(int64_t{-5});
  }
  EXPECT_THAT(test::error_of([&] { options_from_dict(dict); }), HasSubstr("--batch-size: expected 1 to 65536, got -5"));
}

TEST(Options, AWordThatIsNoChoiceIsAnsweredWithTheChoices) {
  Options options;
  EXPECT_THAT(test::error_of([&] { set_option(options, "loss", "wasserstein"); }),
              HasSubstr("--loss: expected nonsaturating|minimax|lsgan|hinge|relativistic, got 'wasserstein'"));
}

TEST(Options, ANumberWithALetterInItIsRefused) {
  Options options;
  EXPECT_THROW(set_option(options, "batch-size", "64x"), Error);
  EXPECT_THROW(set_option(options, "g-lr", "nan"), Error);
  EXPECT_THROW(set_option(options, "grid", "8"), Error);
  EXPECT_THROW(set_option(options, "grid", "0x8"), Error);
  EXPECT_THROW(set_option(options, "log-every", "-1"), Error);
}

TEST(Options, NesterovWithoutMomentumIsRefused) {
  Options options;
  options.d_optimizer = {.kind = OptimizerKind::sgd, .nesterov = true};
  EXPECT_THAT(test::error_of([&] { validate(options); }), HasSubstr("--d-nesterov"));
}

TEST(Options, ANormThatOnlyDcganHasIsRefusedForOtherNetworks) {
  for (const Arch arch : {Arch::mlp, Arch::upconv}) {
    for (const Norm norm : {Norm::none, Norm::spectral}) {
      EXPECT_THAT(
          test::error_of([&] { validate(with_network({.arch = arch, .d_norm = norm})); }),
          HasSubstr("--d-norm: only dcgan's D can have another than batch norm, not that of --arch " + to_text(arch)));
    }
  }
  EXPECT_NO_THROW(validate(with_network({.d_norm = Norm::spectral})));
}

TEST(Options, ABatchLargerThanTheDataIsRefused) {
  Options options;
  options.batch_size = 64;
  EXPECT_NO_THROW(validate(options, images(64)));
  EXPECT_THAT(test::error_of([&] { validate(options, images(63)); }), HasSubstr("--batch-size: expected at most"));
  options.limit = 10;
  EXPECT_THROW(validate(options, images(64)), Error);
}

TEST(Options, AnEpochIsWhatTheImagesFillUnlessSaidOtherwise) {
  Options options;
  options.batch_size = 128, options.epochs = 30;
  EXPECT_EQ(steps_per_epoch(options, 60000), 468);
  EXPECT_EQ(total_steps(options, 60000), 30 * 468);
  options.limit = 1000;
  EXPECT_EQ(steps_per_epoch(options, 60000), 7);
  options.steps_per_epoch = 128;
  EXPECT_EQ(total_steps(options, 60000), 30 * 128);
  options.steps = 5;
  EXPECT_EQ(total_steps(options, 60000), 5);
}

/// Names and shapes of all weights.
std::string weights_of(const Options& options) {
  const auto model = test::new_model(options);
  std::string text;
  for (const Part& part : model->parts()) {
    for (const auto& [name, value] : state_dict(part.network).items) {
      text += name + testing::PrintToString(std::get<at::Tensor>(value).sizes()) + " ";
    }
  }
  return text;
}

TEST(Options, ThoseThatGiveTheNetworksOtherWeightsAreNamed) {
  const Options run = with_network({.base_channels = 2});
  const std::vector<std::pair<const char*, const char*>> changes{
      {"arch", "mlp"},           {"latent-size", "7"},      {"base-channels", "3"},    {"dropout", "0.5"},
      {"dropout-last", "false"}, {"d-norm", "spectral"},    {"minibatch-std", "true"}, {"init", "xavier"},
      {"norm-eps", "0.001"},     {"norm-momentum", "0.01"}, {"same-padding", "true"}};
  size_t network_options = 0;
  each_option(run,
              [&](const auto&, const OptionInfo& info) { network_options += info.group == std::string("Networks"); });
  EXPECT_EQ(changes.size(), network_options + 1);  // and arch
  for (const auto& [flag, word] : changes) {
    Options fork = run;
    ASSERT_TRUE(set_option(fork, flag, word));
    EXPECT_EQ(network_changes(run, fork).starts_with(std::string(flag) + ": "), weights_of(fork) != weights_of(run))
        << flag;
  }
}

TEST(Options, OnlyWhatMayChangeChangesAtResume) {
  const Options run;
  Options resumed = run;
  resumed.epochs = 99, resumed.threads = 1, resumed.log_every = {7};
  EXPECT_EQ(forbidden_changes(run, resumed), "");
  resumed.batch_size = 128, resumed.g_optimizer.learning_rate = 0.5;
  EXPECT_EQ(forbidden_changes(run, resumed), "batch-size: 64 -> 128, g-lr: 0.0002 -> 0.5");
}

TEST(Options, WhatSaysHowARunIsWatchedMayChangeAtResume) {
  const Options run;
  Options resumed = run;
  EXPECT_TRUE(set_option(resumed, "keep-every", "10e"));
  EXPECT_TRUE(set_option(resumed, "on-nan", "rollback"));
  EXPECT_TRUE(set_option(resumed, "deterministic", "true"));
  EXPECT_EQ(resumed.keep_every, (Every{10, true}));
  EXPECT_EQ(resumed.on_nan, OnNan::rollback);
  EXPECT_TRUE(resumed.deterministic);
  EXPECT_EQ(forbidden_changes(run, resumed), "");
  EXPECT_THAT(to_toml(resumed),
              testing::AllOf(HasSubstr("\nkeep-every = \"10e\"\n"), HasSubstr("\non-nan = \"rollback\"\n"),
                             HasSubstr("\ndeterministic = true\n")));
  EXPECT_THAT(test::error_of([&] { set_option(resumed, "on-nan", "ignore"); }),
              HasSubstr("--on-nan: expected stop|rollback, got 'ignore'"));
}

TEST(Options, AFlagForBothPlayersSetsBoth) {
  Options options;
  EXPECT_TRUE(set_option(options, "lr", "0.125"));
  EXPECT_TRUE(set_option(options, "optimizer", "sgd"));
  EXPECT_EQ(options.g_optimizer.learning_rate, 0.125);
  EXPECT_EQ(options.d_optimizer.learning_rate, 0.125);
  EXPECT_TRUE(options.g_optimizer.kind == OptimizerKind::sgd && options.d_optimizer.kind == OptimizerKind::sgd);
  EXPECT_TRUE(set_option(options, "g-lr", "0.5"));
  EXPECT_EQ(options.g_optimizer.learning_rate, 0.5);
  EXPECT_EQ(options.d_optimizer.learning_rate, 0.125);
  EXPECT_EQ(test::error_of([&] { set_option(options, "lr", "fast"); }), "--lr: expected a number, got 'fast'");
}

TEST(Options, NoOptionOfThatNameSetsNothing) {
  Options options;
  for (const char* flag : {"", "learning-rate", "G-lr", "--lr", "g-", "resume", "out"}) {
    EXPECT_FALSE(set_option(options, flag, "1")) << flag;
  }
  EXPECT_EQ(to_toml(options), to_toml(Options{}));
}

TEST(Options, OnlyOptimizersFlagsSetBothPlayers) {
  for (const char* flag : {"optimizer", "lr", "beta1", "beta2", "epsilon", "momentum", "nesterov", "rms-decay"}) {
    EXPECT_TRUE(sets_both_players(flag)) << flag;
    EXPECT_FALSE(sets_both_players("g-" + std::string(flag))) << flag;
    EXPECT_FALSE(sets_both_players("d-" + std::string(flag))) << flag;
  }
  const Options options;
  each_option(options, [](const auto&, const OptionInfo& info) { EXPECT_FALSE(sets_both_players(info.flag)); });
  EXPECT_FALSE(sets_both_players("") || sets_both_players("no-such"));
}

TEST(Options, TextsAreEscapedInToml) {
  Options options;
  options.data = "a\"b\\c\nd\te#f\x01\x7f\xc3\xa9";
  EXPECT_THAT(to_toml(options), HasSubstr("\ndata = \"a\\\"b\\\\c\\u000ad\\u0009e#f\\u0001\\u007f\xc3\xa9\"\n"));
}

TEST(Options, TextsThatAreNotUtf8AreRefused) {
  Options options;
  options.data = "data/\xc3\xa9";
  EXPECT_NO_THROW(validate(options));
  options.data = "data/\xe9";
  EXPECT_EQ(test::error_of([&] { validate(options); }), "--data: expected UTF-8, got 'data/\xe9'");
}

// The table of recipes as their sources have it (docs/recipes.md).
TEST(Recipes, AreWhatTheirSourcesSay) {
  const Options& wide = find_recipe("dcgan-wide").options;
  EXPECT_EQ(wide.network.base_channels, 64);
  EXPECT_FALSE(wide.game.joined_batch);
  EXPECT_EQ(wide.game.label_smoothing, 0.1);
  EXPECT_EQ(wide.latent.noise, Noise::uniform);
  EXPECT_EQ(wide.network.init, Init::xavier);
  EXPECT_EQ(wide.g_optimizer.learning_rate, 1e-3);
  EXPECT_EQ(wide.d_optimizer.beta1, 0.5);
  EXPECT_EQ(std::tuple(wide.batch_size, wide.epochs, wide.grid, wide.log_every, wide.sample_every),
            std::tuple(64, 10, GridShape{5, 5}, Every{100}, Every{200}));

  const Options& upconv = find_recipe("upconv").options;
  EXPECT_EQ(upconv.g_optimizer.kind, OptimizerKind::sgd);
  EXPECT_EQ(std::tuple(upconv.d_optimizer.learning_rate, upconv.d_optimizer.momentum, upconv.d_optimizer.nesterov),
            std::tuple(1e-3, 0.9, true));
  EXPECT_TRUE(upconv.game.joined_batch && upconv.game.fresh_noise);
  EXPECT_EQ(upconv.latent.noise, Noise::uniform);
  EXPECT_EQ(total_steps(upconv, 60000), 30 * 468);
  EXPECT_EQ(upconv.sample_every, Every{100});

  const Options& mlp = find_recipe("mlp").options;
  EXPECT_EQ(std::tuple(mlp.g_optimizer.learning_rate, mlp.d_optimizer.beta1, mlp.sampling, mlp.batch_size),
            std::tuple(2e-4, 0.5, Sampling::replacement, 128));
  EXPECT_TRUE(mlp.game.joined_batch && mlp.network.dropout_last && !mlp.game.fresh_noise);
  EXPECT_EQ(mlp.network.dropout, 0.3);
  EXPECT_EQ(total_steps(mlp, 60000), 400 * 128);
  EXPECT_EQ(std::tuple(mlp.sample_every, mlp.eval_every, mlp.grid),
            std::tuple(Every{10, true}, Every{10, true}, GridShape{5, 5}));

  const Options& smooth = find_recipe("mlp-smooth").options;
  EXPECT_TRUE(smooth.game.fresh_noise && !smooth.network.dropout_last);
  EXPECT_EQ(std::tuple(smooth.game.label_smoothing, smooth.sample_every, smooth.grid),
            std::tuple(0.1, Every{20, true}, GridShape{10, 10}));

  EXPECT_GT(find_recipe("dcgan").options.ema, 0);
}

TEST(Recipes, AreAllValid) {
  for (const auto& recipe : recipes()) {
    EXPECT_NO_THROW(validate(recipe.options)) << recipe.name;
    EXPECT_NO_THROW(validate(recipe.options, images(1000))) << recipe.name;
    EXPECT_EQ(recipe.options.recipe, recipe.name);
  }
}

}  // namespace
}  // namespace gan
