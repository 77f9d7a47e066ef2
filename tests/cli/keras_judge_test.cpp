// scripts/bench compares the speed of gan-train and of Keras: both must do the same work, step by step.

#include "support/python.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
namespace fs = std::filesystem;

using Flags = std::vector<std::string>;

/// Trains twenty steps of a recipe from the weights of another run's first step. Small batches keep the test fast. No
/// dropout: Keras draws other masks. Both DCGANs have widths that no kernel of Winograd takes: these kernels round ten
/// times as much, and Adam about doubles a difference in each step. winograd_test compares them with float64.
fs::path twenty_steps(const TemporaryFolder& folder, const std::string& recipe, const Flags& smaller,
                      const std::string& keep_every) {
  const fs::path first = folder / (recipe + "-first"), fork = folder / recipe;
  const auto train = [](Flags flags) {
    const Flags common{"--log-every", "1", "--threads", "1", "--quiet"};
    flags.insert(flags.end(), common.begin(), common.end());
    const Ran ran = test::run("gan-train", flags);
    EXPECT_EQ(ran.code, 0) << ran.err;
  };
  Flags flags{"--recipe", recipe, "--data", test::mnist_tiny(), "--out", first, "--steps", "1", "--dropout", "0"};
  for (const char* flag : {"--sample-every=0", "--eval-every=0", "--checkpoint-every=0"}) flags.emplace_back(flag);
  flags.insert(flags.end(), {"--keep-every", keep_every});
  flags.insert(flags.end(), smaller.begin(), smaller.end());
  train(flags);
  train({"--fork", first, "--out", fork, "--steps", "20"});
  return fork;
}

/// Goes through the runs in Keras, which takes over their weights and moments every so many steps.
void expect_same_losses(const std::vector<fs::path>& runs, const std::string& every) {
  Flags flags{GAN_SOURCE_DIR "/tests/python/keras_judge.py", test::mnist_tiny(), "--every", every};
  flags.insert(flags.end(), runs.begin(), runs.end());
  const Ran keras = test::run(GAN_TEST_PYTHON, flags);
  EXPECT_EQ(keras.code, 0) << keras.out << keras.err;
  size_t judged = 0;
  for (const auto& line : test::lines_of(keras.out)) judged += line.starts_with("20 steps, at most ");
  EXPECT_EQ(judged, runs.size()) << keras.out << keras.err;
}

bool has_keras() {
  return test::has_modules({"keras", "tensorflow"});
}

constexpr const char* kMissing = "needs TensorFlow: GAN_TENSORFLOW=1 scripts/setup.sh";

TEST(KerasBesideUs, HasTheSameLossesOverTwentyStepsOfEachTutorial) {
  if (!has_keras()) GTEST_SKIP() << kMissing;
  const TemporaryFolder folder;
  expect_same_losses({twenty_steps(folder, "mlp", {"--batch-size", "32"}, "5"),
                      twenty_steps(folder, "mlp-smooth", {"--batch-size", "32"}, "5"),
                      twenty_steps(folder, "upconv", {"--batch-size", "4"}, "5"),
                      twenty_steps(folder, "dcgan-wide", {"--base-channels", "10", "--batch-size", "16"}, "5")},
                     "5");
}

// With a learning rate of 2e-3 and without a first moment, differences grow ten times as fast as the tutorials'.
// Its rates fall sooner here than in the recipe.
TEST(KerasBesideUs, HasTheSameLossesAndAveragesInTwentyStepsOfTheDefault) {
  if (!has_keras()) GTEST_SKIP() << kMissing;
  const TemporaryFolder folder;
  const Flags smaller{"--base-channels", "10", "--batch-size", "16", "--lr-decay-after", "5"};
  expect_same_losses({twenty_steps(folder, "dcgan", smaller, "1")}, "1");
}

// By keras_gan.py, which draws its batches with NumPy: with replacement, in file order, shuffled.
TEST(KerasBesideUs, IsTimedWithEachSampling) {
  if (!has_keras()) GTEST_SKIP() << kMissing;
  for (const char* recipe : {"mlp", "upconv", "dcgan"}) {
    const Ran ran = test::run(GAN_TEST_PYTHON, {GAN_SOURCE_DIR "/scripts/bench/keras_gan.py", "--recipe", recipe,
                                                "--data", test::mnist_tiny(), "--steps", "2", "--batch-size", "8"});
    EXPECT_EQ(ran.code, 0) << recipe << ": " << ran.err;
    EXPECT_GT(test::number_in(ran.out, "images_per_second"), 0) << ran.out;
  }
}

}  // namespace
}  // namespace gan
