// scripts/bench compares the speed of gan-train and Python: both must do the same work, step by step.

#include "support/parity.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;

// Relative. Differences in rounding grow; the largest over seeds of all recipes was 3.8e-5 after three steps, but
// for the jumps of penalties.
constexpr double kTolerance = 2e-4;
// Winograd's kernels round ten times as much (kernels/winograd.h), and batch norms magnify that.
constexpr double kWinogradTolerance = 5e-3;
constexpr size_t kStepsBefore = 3, kStepsBeside = 3;

using Flags = std::vector<std::string>;

/// Trains six steps on 32 images in batches of 8, so that step 5 begins a new order of them. Keeps the checkpoint of
/// step 3. No dropout: Python draws other masks.
Ran train(const std::string& recipe, const Flags& more, int seed, const TemporaryFolder& folder) {
  Flags flags{"--recipe",  recipe, "--data", test::mnist_tiny(), "--seed", std::to_string(seed),
              "--threads", "1",    "--out",  folder / "run",     "--quiet"};
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

struct Case {
  std::string recipe;
  Flags smaller;  ///< make the test fast
  double tolerance = kTolerance;
  std::string name = recipe;
  int seeds = 1;  ///< at most so many are tried
};

void PrintTo(const Case& it, std::ostream* out) {
  *out << it.name;
}

std::string difference_with(int seed, const Case& it) {
  const TemporaryFolder folder;
  const Ran ran = train(it.recipe, it.smaller, seed, folder);
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto ours = test::lines_of(test::slurp(folder / "run/metrics.jsonl"));
  const Ran python = go_on_in_python(folder);
  EXPECT_EQ(python.code, 0) << python.err;
  const auto theirs = test::lines_of(python.out);
  if (ours.size() != kStepsBefore + kStepsBeside || theirs.size() != 2 * kStepsBeside) return "the number of steps";
  std::string words;
  for (size_t i = 0; i < theirs.size(); ++i) {
    words += test::difference(ours[kStepsBefore + i % kStepsBeside], theirs[i],
                              {"d_loss", "d_real", "d_fake", "g_loss"}, it.tolerance);
  }
  return words;
}

class PyTorchBesideUs : public testing::TestWithParam<Case> {};

TEST_P(PyTorchBesideUs, HasTheSameLossesFromACheckpointOn) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  const auto differing = [](const std::vector<Case>& cases, int seed) {
    std::vector<std::pair<Case, std::string>> all;
    for (const Case& it : cases) {
      if (const std::string words = difference_with(seed, it); !words.empty()) all.emplace_back(it, words);
    }
    return all;
  };
  test::expect_agreement(std::vector{GetParam()}, differing, [](const Case& it) { return it.seeds; });
}

// `dcgan` alone has a penalty, which may meet a corner.
INSTANTIATE_TEST_SUITE_P(
    , PyTorchBesideUs,
    testing::Values(Case{"mlp", {}}, Case{"upconv", {}},
                    Case{"dcgan", {"--base-channels", "10"}, kTolerance, "dcgan", test::kSeedsForCorners},
                    Case{"dcgan-wide", {"--base-channels", "8"}, kTolerance, "dcgan_wide"},
                    Case{"dcgan", {}, kWinogradTolerance, "dcgan_by_winograd", test::kSeedsForCorners},
                    Case{"dcgan-wide", {"--base-channels", "16"}, kWinogradTolerance, "dcgan_wide_by_winograd"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gan
