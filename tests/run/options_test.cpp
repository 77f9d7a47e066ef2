#include "gan/run/options.h"

#include <set>

#include "gan/run/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::HasSubstr;

Dataset images(int64_t count, ImageShape shape = {}) {
  return {at::zeros({count, shape.channels, shape.height, shape.width}, at::kByte), {}};
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

TEST(Options, ADictionaryWithAnUnknownOrMissingKeyIsRefused) {
  Dict more = to_dict(Options{}), fewer = to_dict(Options{});
  more.set("future-option", Value(int64_t{1}));
  fewer.items.pop_back();
  EXPECT_THROW(options_from_dict(more), Error);
  EXPECT_THROW(options_from_dict(fewer), Error);
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
              HasSubstr("--loss: expected nonsaturating|minimax|lsgan|hinge, got 'wasserstein'"));
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

TEST(Options, OnlyWhatMayChangeChangesAtResume) {
  const Options run;
  Options resumed = run;
  resumed.epochs = 99, resumed.threads = 1, resumed.log_every = {7};
  EXPECT_EQ(forbidden_changes(run, resumed), "");
  resumed.batch_size = 128, resumed.g_optimizer.learning_rate = 0.5;
  EXPECT_EQ(forbidden_changes(run, resumed), "batch-size: 64 -> 128, g-lr: 0.0002 -> 0.5");
}

// The table of recipes as their sources have it (docs/recipes.md).
TEST(Recipes, AreWhatTheirSourcesSay) {
  const Options& wide = find_recipe("dcgan-wide").options;
  EXPECT_EQ(wide.network.base_channels, 64);
  EXPECT_FALSE(wide.game.joined_batch);
  EXPECT_EQ(wide.game.label_smoothing, 0.1);
  EXPECT_EQ(wide.game.noise, Noise::uniform);
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
  EXPECT_EQ(upconv.game.noise, Noise::uniform);
  EXPECT_EQ(total_steps(upconv, 60000), 30 * 468);
  EXPECT_EQ(upconv.sample_every, Every{100});

  const Options& mlp = find_recipe("mlp").options;
  EXPECT_EQ(std::tuple(mlp.g_optimizer.learning_rate, mlp.d_optimizer.beta1, mlp.sampling, mlp.batch_size),
            std::tuple(2e-4, 0.5, Sampling::replacement, 128));
  EXPECT_TRUE(mlp.game.joined_batch && mlp.network.dropout_last && !mlp.game.fresh_noise);
  EXPECT_EQ(mlp.network.dropout, 0.3);
  EXPECT_EQ(total_steps(mlp, 60000), 400 * 128);
  EXPECT_EQ(std::tuple(mlp.sample_every, mlp.grid), std::tuple(Every{10, true}, GridShape{5, 5}));

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
