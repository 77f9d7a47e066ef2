#include "gan/training/recipes.h"

#include <sstream>

#include "support/test.h"

namespace gan {
namespace {

using testing::HasSubstr;

// The recipes' values as their sources have them (docs/recipes.md).
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
    EXPECT_NO_THROW(validate(recipe.options, {.images = {1, 28, 28}, .classes = 10}, 1000)) << recipe.name;
    EXPECT_EQ(recipe.options.recipe, recipe.name);
  }
}

TEST(Recipes, SetNoOptionThatTheyDoNotRead) {
  for (const auto& recipe : recipes()) {
    EXPECT_EQ(all_changes(recipe.options, only_read(recipe.options)), "") << recipe.name;
  }
}

TEST(Recipes, AreATableThatFitsAScreen) {
  std::istringstream lines(recipe_table());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LT(line.size(), 80u) << line;
  EXPECT_GT(count, 50);
  EXPECT_THAT(recipe_table(), HasSubstr("\nbase-channels      16          64          -           -           -\n"));
}

TEST(Recipes, AnUnknownOneIsAnsweredWithTheNames) {
  EXPECT_EQ(
      test::error_of([] { find_recipe("dcgam"); }),
      "--recipe: expected dcgan|dcgan-wide|upconv|mlp|mlp-smooth|faces|stacked-mnist|cgan|infogan|bigan|aae|lapgan, "
      "got 'dcgam' (did you mean dcgan?)");
}

}  // namespace
}  // namespace gan
