// scripts/bench compares the speed of gan-train and Python: both must do the same work, step by step.

#include <cmath>

#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;

// Relative. Differences in rounding grow; the largest over seeds of all recipes was 3.8e-5 after three steps.
constexpr double kTolerance = 2e-4;
// Winograd's kernels round ten times as much (kernels/winograd.h), and batch norms magnify that.
constexpr double kWinogradTolerance = 5e-3;
constexpr size_t kStepsBefore = 3, kStepsBeside = 3;

using Flags = std::vector<std::string>;

/// Trains six steps on 32 images in batches of 8, so that step 5 begins a new order of them. Keeps the checkpoint of
/// step 3. No dropout: Python draws other masks.
Ran train(const std::string& recipe, const Flags& more, const TemporaryFolder& folder) {
  Flags flags{"--recipe", recipe, "--data", test::mnist_tiny(), "--threads", "1", "--out", folder / "run", "--quiet"};
  for (const char* flag :
       {"--limit=32", "--batch-size=8", "--steps=6", "--log-every=1", "--grid=2x2", "--sample-every=0",
        "--eval-every=0", "--checkpoint-every=0", "--keep-every=3", "--dropout=0"}) {
    flags.emplace_back(flag);
  }
  flags.insert(flags.end(), more.begin(), more.end());
  return test::run("gan-train", flags);
}

/// The steps after the checkpoint in Python: as a tutorial writes them, and tuned.
Ran go_on_in_python(const TemporaryFolder& folder) {
  return test::run(GAN_TEST_PYTHON,
                   {GAN_SOURCE_DIR "/scripts/bench/pytorch_gan.py", "--checkpoint",
                    folder / "run/checkpoints/step-000003.pt", "--data", test::mnist_tiny(), "--variant", "eager",
                    "channels-last", "--steps", std::to_string(kStepsBeside), "--threads", "1", "--losses"});
}

void expect_same_losses(const std::string& ours, const std::string& theirs, double tolerance) {
  EXPECT_EQ(test::number_in(ours, "step"), test::number_in(theirs, "step"));
  for (const char* name : {"d_loss", "d_real", "d_fake", "g_loss"}) {
    const double wanted = test::number_in(ours, name);
    EXPECT_NEAR(test::number_in(theirs, name), wanted, tolerance * std::abs(wanted)) << name << " in\n"
                                                                                     << ours << "\n"
                                                                                     << theirs;
  }
}

struct Case {
  std::string recipe;
  Flags smaller;  ///< make the test fast
  double tolerance = kTolerance;
  std::string name = recipe;
};

void PrintTo(const Case& it, std::ostream* out) {
  *out << it.name;
}

class PyTorchBesideUs : public testing::TestWithParam<Case> {};

TEST_P(PyTorchBesideUs, HasTheSameLossesFromACheckpointOn) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  const TemporaryFolder folder;
  const Ran ran = train(GetParam().recipe, GetParam().smaller, folder);
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto ours = test::lines_of(test::slurp(folder / "run/metrics.jsonl"));
  ASSERT_EQ(ours.size(), kStepsBefore + kStepsBeside);
  const Ran python = go_on_in_python(folder);
  ASSERT_EQ(python.code, 0) << python.err;
  const auto theirs = test::lines_of(python.out);
  ASSERT_EQ(theirs.size(), 2 * kStepsBeside);
  for (size_t i = 0; i < theirs.size(); ++i)
    expect_same_losses(ours[kStepsBefore + i % kStepsBeside], theirs[i], GetParam().tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    , PyTorchBesideUs,
    testing::Values(Case{"mlp", {}}, Case{"upconv", {}}, Case{"dcgan", {"--base-channels", "10"}},
                    Case{"dcgan-wide", {"--base-channels", "8"}, kTolerance, "dcgan_wide"},
                    Case{"dcgan", {}, kWinogradTolerance, "dcgan_by_winograd"},
                    Case{"dcgan-wide", {"--base-channels", "16"}, kWinogradTolerance, "dcgan_wide_by_winograd"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gan
