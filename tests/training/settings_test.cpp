#include "gan/training/settings.h"

#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of, test::spill, test::TemporaryFolder;
using testing::HasSubstr;

Settings config_of(const std::string& text) {
  const TemporaryFolder folder;
  spill(folder / "c.toml", text);
  return {.config = read_config(folder / "c.toml"), .flags = {}};
}

/// The settings applied to the recipe that they select.
Options options_of(const Settings& settings) {
  return resolved(recipe_options(settings), settings);
}

std::string everything(const Options& options) {
  std::string text;
  for (const auto& [name, value] : to_dict(options).items) {
    text += name + " = " +
            std::visit(
                [](const auto& v) {
                  if constexpr (requires { to_text(v); }) return to_text(v);
                  return std::string("?");
                },
                value) +
            "\n";
  }
  return text;
}

TEST(Settings, OptionsTomlRepeatsEveryRunOfEveryRecipeNetworkAndOptimizer) {
  int runs = 0;
  for (const auto& recipe : recipes()) {
    for (const auto& arch : word_list<Arch>()) {
      for (const auto& optimizer : word_list<OptimizerKind>()) {
        for (const auto& loss : word_list<Loss>()) {
          const Settings settings{.config = {},
                                  .flags = {{"recipe", recipe.name},
                                            {"arch", arch},
                                            {"d-optimizer", optimizer},
                                            {"loss", loss},
                                            {"joined-batch", "false"}}};
          const Options run = options_of(settings);
          const Settings replay = config_of(to_toml(run));
          EXPECT_TRUE(replay.config->of_a_whole_run) << to_toml(run);
          EXPECT_EQ(everything(options_of(replay)), everything(run)) << to_toml(run);
          ++runs;
        }
      }
    }
  }
  EXPECT_EQ(runs, 12 * 3 * 3 * 6);
}

TEST(Settings, AWholeRunsFileMayHoldOptionsThatNothingReads) {
  Options run = find_recipe("mlp").options;
  const std::string toml = to_toml(run) + "base-channels = 99\nd-momentum = 0.5\nd-norm = \"spectral\"\n";
  EXPECT_EQ(everything(options_of(config_of(toml))), everything(run));
  Settings other = config_of(to_toml(find_recipe("dcgan-wide").options));
  other.flags = {{"arch", "mlp"}};
  EXPECT_EQ(options_of(other).network.base_channels, Options{}.network.base_channels);
}

TEST(Settings, AWholeRunsFileNeedsNoRecipeOfTheTable) {
  Options run;
  run.recipe = "of-old";
  EXPECT_EQ(options_of(config_of(to_toml(run))).recipe, "of-old");
  EXPECT_THAT(error_of([] { options_of(config_of("recipe = \"of-old\"\n")); }), HasSubstr("--recipe: expected dcgan|"));
}

TEST(Settings, AWholeRunsFileIsNotRelabelledByAnotherRecipesName) {
  Settings settings = config_of(to_toml(find_recipe("dcgan-wide").options));
  settings.flags = {{"recipe", "mlp"}};
  EXPECT_THAT(error_of([&] { options_of(settings); }),
              testing::AllOf(HasSubstr("--recipe mlp: "), HasSubstr("holds a whole run of recipe dcgan-wide")));
  settings.flags = {{"recipe", "dcgan-wide"}};
  EXPECT_EQ(options_of(settings).recipe, "dcgan-wide");
}

TEST(Settings, SelectTheRecipeByFlagThenFileThenArchitecture) {
  const auto recipe = [](const std::string& file, const std::vector<Setting>& flags) {
    Settings settings = config_of(file);
    settings.flags = flags;
    return recipe_options(settings).recipe;
  };
  EXPECT_EQ(recipe("", {}), "dcgan");
  EXPECT_EQ(recipe("arch = \"mlp\"\n", {}), "mlp");
  EXPECT_EQ(recipe("arch = \"mlp\"\n", {{"arch", "upconv"}}), "upconv");
  EXPECT_EQ(recipe("recipe = \"mlp-smooth\"\n", {{"arch", "upconv"}}), "mlp-smooth");
  EXPECT_EQ(recipe("recipe = \"mlp-smooth\"\n", {{"recipe", "mlp"}}), "mlp");
}

TEST(Settings, TheLaterOfTwoFlagsWins) {
  const Settings settings{.config = {}, .flags = {{"lr", "0.5"}, {"g-lr", "0.25"}, {"seed", "1"}, {"seed", "2"}}};
  EXPECT_EQ(options_of(settings).g_optimizer.learning_rate, 0.25);
  EXPECT_EQ(options_of(settings).seed, 2);
  EXPECT_EQ(*settings.flag("seed"), "2");
  EXPECT_EQ(settings.flag("steps"), nullptr);
}

}  // namespace
}  // namespace gan
