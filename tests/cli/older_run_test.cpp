// Runs from before some options existed (tests/fixtures/older-run, of dcgan-wide). An option that their files lack has
// the behaviour of that time, not today's value of the recipe.

#include "gan/run/checkpoint.h"
#include "gan/training/config.h"
#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;

const std::filesystem::path kOlderRun = GAN_SOURCE_DIR "/tests/fixtures/older-run";

void expect_old_behaviour(const Options& options) {
  EXPECT_EQ(options.recipe, "dcgan-wide");
  EXPECT_EQ(options.network.base_channels, 1);
  EXPECT_EQ(options.network.norm_eps, 1e-5);
  EXPECT_EQ(options.network.norm_momentum, 0.1);
  EXPECT_FALSE(options.network.same_padding);
  EXPECT_FALSE(options.game.inferred_fakes);
  EXPECT_FALSE(options.g_optimizer.epsilon_hat);
  EXPECT_FALSE(options.d_optimizer.epsilon_hat);
}

TEST(OlderRun, IsResumedToTheLossesItHadThen) {
  const TemporaryFolder folder;
  std::filesystem::copy(kOlderRun, folder / "run", std::filesystem::copy_options::recursive);
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--data", test::mnist_tiny(), "--threads", "1"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto then = test::lines_of(test::slurp(kOlderRun / "metrics.jsonl"));
  const auto now = test::lines_of(test::slurp(folder / "run/metrics.jsonl"));
  ASSERT_EQ(now.size(), then.size());
  ASSERT_EQ(now.size(), 6u);
  for (size_t i = 3; i < now.size(); ++i) {
    for (const char* name : {"step", "d_loss", "d_real", "d_fake", "g_loss"}) {
      const double wanted = test::number_in(then[i], name);
      EXPECT_NEAR(test::number_in(now[i], name), wanted, 1e-4 * wanted) << name << " in\n" << now[i];
    }
  }
}

TEST(OlderRun, ItsCheckpointMeansTheOldBehaviour) {
  const auto checkpoint = newest_checkpoint(RunFolder(kOlderRun.string()));
  ASSERT_TRUE(checkpoint);
  expect_old_behaviour(checkpoint->options);
}

TEST(OlderRun, ItsOptionsReplayTheOldBehaviour) {
  Options options = find_recipe("dcgan-wide").options;
  apply_config(kOlderRun / "options.toml", options);
  expect_old_behaviour(options);
}

TEST(OlderRun, AShortConfigHasItsRecipesValues) {
  const TemporaryFolder folder;
  test::spill(folder / "short.toml", "recipe = \"dcgan-wide\"\nseed = 3\n");
  Options options = find_recipe("dcgan-wide").options;
  apply_config(folder / "short.toml", options);
  EXPECT_EQ(options.seed, 3);
  EXPECT_EQ(options.network.norm_eps, 1e-3);
  EXPECT_TRUE(options.network.same_padding);
}

}  // namespace
}  // namespace gan
