// Compares recipes with the Keras programs that they come from, in tests/python/keras_judge.py.

#include "support/python.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
namespace fs = std::filesystem;

using Flags = std::vector<std::string>;

/// Trains twenty steps of a recipe from the weights of another run's first step. Small batches keep the test fast. No
/// dropout: Keras draws other masks. dcgan-wide has widths that no kernel of Winograd takes: these kernels round ten
/// times as much, and Adam about doubles a difference in each step. winograd_test compares them with float64.
fs::path twenty_steps(const TemporaryFolder& folder, const std::string& recipe, const Flags& smaller) {
  const fs::path first = folder / (recipe + "-first"), fork = folder / recipe;
  const auto train = [](Flags flags) {
    const Flags common{"--log-every", "1", "--threads", "1", "--quiet"};
    flags.insert(flags.end(), common.begin(), common.end());
    const Ran ran = test::run("gan-train", flags);
    EXPECT_EQ(ran.code, 0) << ran.err;
  };
  Flags flags{"--recipe", recipe, "--data", test::mnist_tiny(), "--out", first, "--steps", "1", "--dropout", "0"};
  for (const char* flag : {"--sample-every=0", "--eval-every=0", "--checkpoint-every=0", "--keep-every=5"}) {
    flags.emplace_back(flag);
  }
  flags.insert(flags.end(), smaller.begin(), smaller.end());
  train(flags);
  train({"--fork", first, "--out", fork, "--steps", "20"});
  return fork;
}

TEST(KerasBesideUs, HasTheSameLossesOverTwentyStepsOfEachTutorial) {
  if (!test::has_modules({"keras"})) GTEST_SKIP() << "no Python with torch and Keras 3 was found by scripts/setup.sh";
  const TemporaryFolder folder;
  const Ran keras =
      test::run(GAN_TEST_PYTHON, {GAN_SOURCE_DIR "/tests/python/keras_judge.py", test::mnist_tiny(),
                                  twenty_steps(folder, "mlp", {"--batch-size", "32"}),
                                  twenty_steps(folder, "mlp-smooth", {"--batch-size", "32"}),
                                  twenty_steps(folder, "upconv", {"--batch-size", "4"}),
                                  twenty_steps(folder, "dcgan-wide", {"--base-channels", "10", "--batch-size", "16"})});
  EXPECT_EQ(keras.code, 0) << keras.out << keras.err;
  size_t judged = 0;
  for (const auto& line : test::lines_of(keras.out)) judged += line.starts_with("20 steps, at most ");
  EXPECT_EQ(judged, 4u) << keras.out << keras.err;
}

}  // namespace
}  // namespace gan
