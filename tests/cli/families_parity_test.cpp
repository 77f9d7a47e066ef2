// Each family, and each option of the game, beside an independent rendering of its papers in PyTorch
// (tests/python/families.py): from the same checkpoint, noise and batches both have the same losses.

#include <algorithm>
#include <list>

#include "gan/base/random.h"
#include "gan/base/zip.h"
#include "gan/data/npy.h"
#include "support/parity.h"

namespace gan {
namespace {

using test::Ran;
namespace fs = std::filesystem;
using Flags = std::vector<std::string>;

// Relative. Differences in rounding grow from step to step, with the learning rate; so that is a small one.
constexpr double kTolerance = 2e-4;
constexpr size_t kStepsBefore = 3, kStepsBeside = 10;

/// The names that a line of losses has, besides "step".
std::vector<std::string> losses_in(const std::string& line) {
  std::vector<std::string> names;
  for (size_t at = line.find("\"", 1); at != std::string::npos; at = line.find("\"", at + 1)) {
    const size_t end = line.find("\": ", at);
    if (end == std::string::npos) break;
    const std::string name = line.substr(at + 1, end - at - 1);
    if (name.starts_with("d_") || name.starts_with("g_") || name.starts_with("r_")) names.push_back(name);
    at = end;
  }
  return names;
}

struct Case {
  std::string name;
  Flags flags;
};

/// Thirteen steps, and a checkpoint of the third, the end of the first epoch. No dropout: Python draws other masks.
Flags flags_of(const Case& it, int seed, const fs::path& run) {
  Flags flags{"--data", test::mnist_tiny(), "--seed", std::to_string(seed), "--threads", "1", "--out", run, "--quiet"};
  for (const char* flag : {"--limit=48", "--batch-size=8", "--steps=13", "--steps-per-epoch=3", "--log-every=1",
                           "--grid=2x2", "--dropout=0", "--sample-every=0", "--eval-every=0", "--checkpoint-every=0",
                           "--keep-every=1000e", "--ema=0", "--lr=2e-5"}) {
    flags.emplace_back(flag);
  }
  flags.insert(flags.end(), it.flags.begin(), it.flags.end());
  return flags;
}

/// Trains the cases in folders of their names, two at a time. Gives the checkpoints of the third step.
std::vector<std::string> train(const std::vector<Case>& cases, int seed, const test::TemporaryFolder& folder) {
  std::vector<std::string> checkpoints;
  std::list<test::Process> running;
  const auto finish_first = [&] {
    const fs::path run = folder / cases[checkpoints.size()].name;
    const Ran ran = running.front().wait();
    EXPECT_EQ(ran.code, 0) << ran.err;
    running.pop_front();
    checkpoints.push_back(run / "checkpoints/step-000003.pt");
    for (const char* unused : {"checkpoints/step-000013.pt", "g.pt"}) fs::remove(run / unused);  // 500 MB in all
  };
  for (const Case& it : cases) {
    if (running.size() == 2) finish_first();
    running.emplace_back("gan-train", flags_of(it, seed, folder / it.name));
  }
  while (!running.empty()) finish_first();
  return checkpoints;
}

std::string difference(const std::string& ours, const std::string& theirs) {
  EXPECT_THAT(losses_in(ours), testing::UnorderedElementsAreArray(losses_in(theirs)));
  return test::difference(ours, theirs, losses_in(theirs), kTolerance);
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string model : {"cgan", "infogan", "bigan", "aae", "lapgan"}) {
    for (const std::string arch : {"dcgan", "upconv", "mlp"}) {
      Flags flags{"--model", model, "--arch", arch};
      if (arch == "upconv") flags.insert(flags.end(), {"--max-channels", "16"});  // 128 would take a minute
      all.push_back({model + "_" + arch, flags});
    }
  }
  for (const std::string model : {"cgan", "infogan", "bigan"}) {
    all.push_back({model + "_joined", {"--model", model, "--no-minibatch-std", "--joined-batch", "--fresh-noise"}});
  }
  const std::vector<Case> of_options{
      {"aae_joined", {"--model", "aae", "--joined-batch", "--fresh-noise"}},
      {"bigan_stochastic", {"--model", "bigan", "--stochastic-encoder"}},
      {"bigan_penalties", {"--model", "bigan", "--r2", "0.2", "--gradient-penalty", "1", "--penalty-every", "2"}},
      {"bigan_d_norm_last", {"--model", "bigan", "--no-d-norm-last"}},
      {"aae_mixture", {"--model", "aae", "--noise", "mixture"}},
      {"cgan_depth", {"--model", "cgan", "--depth", "2", "--base-channels", "10"}},
      {"cgan_diffaugment", {"--model", "cgan", "--diffaugment", "color,translation,cutout"}},
      {"feature_matching", {"--model", "gan", "--feature-matching", "0.5", "--depth", "0"}},
      {"wasserstein_clip",
       {"--arch", "mlp", "--loss", "wasserstein", "--d-steps", "2", "--weight-clip", "0.05", "--optimizer", "rmsprop"}},
      {"wasserstein_penalty",
       {"--arch", "mlp", "--loss", "wasserstein", "--d-steps", "2", "--gradient-penalty", "10", "--penalty-every=1"}},
      {"historical_averaging", {"--arch", "mlp", "--g-historical-averaging", "10", "--d-historical-averaging", "5"}},
      {"lr_decay", {"--arch", "mlp", "--g-lr-decay-after", "1", "--d-lr-decay-after", "3"}},
      {"minibatch_discrimination", {"--minibatch-discrimination", "5x3", "--depth", "0"}},
      {"virtual_batch_norm", {"--virtual-batch-norm", "--depth", "0"}}};
  all.insert(all.end(), of_options.begin(), of_options.end());
  return all;
}

/// Trains the cases, continues them in Python, and gives the cases whose losses differ, with what differs.
std::vector<std::pair<Case, std::string>> that_differ(const std::vector<Case>& cases, int seed) {
  const test::TemporaryFolder folder;
  // One Python for all: it takes seconds to start.
  std::vector<std::string> arguments{GAN_SOURCE_DIR "/tests/python/families.py", test::mnist_tiny(),
                                     std::to_string(kStepsBeside)};
  for (const std::string& checkpoint : train(cases, seed, folder)) arguments.push_back(checkpoint);
  const Ran python = test::run(GAN_TEST_PYTHON, arguments);
  EXPECT_EQ(python.code, 0) << python.err;
  const auto theirs = test::lines_of(python.out);
  EXPECT_EQ(theirs.size(), kStepsBeside * cases.size());
  std::vector<std::pair<Case, std::string>> differing;
  for (size_t n = 0; n < cases.size() && theirs.size() == kStepsBeside * cases.size(); ++n) {
    SCOPED_TRACE(cases[n].name);
    const auto ours = test::lines_of(test::slurp(folder / cases[n].name / "metrics.jsonl"));
    EXPECT_EQ(ours.size(), kStepsBefore + kStepsBeside);
    std::string words;
    for (size_t i = 0; i < kStepsBeside && kStepsBefore + i < ours.size(); ++i) {
      words += difference(ours[kStepsBefore + i], theirs[n * kStepsBeside + i]);
    }
    if (!words.empty()) differing.emplace_back(cases[n], cases[n].name + ": " + words);
  }
  return differing;
}

TEST(FamiliesBesidePyTorch, HaveTheSameLossesFromACheckpointOn) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  test::expect_agreement(cases(), that_differ, [](const Case&) { return test::kSeedsForCorners; });
}

// scripts/bench times faces so, and the families.
TEST(FamiliesBesidePyTorch, AreTimedAlsoWithColouredImagesOf64Pixels) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  const test::TemporaryFolder folder;
  write_npy(folder / "x_train.npy", at::randint(256, {48, 3, 64, 64}, make_generator(0), at::kByte));
  test::spill(folder / "faces.npz", pack_zip({{"x_train.npy", test::slurp(folder / "x_train.npy")}}));
  Flags flags = flags_of({"faces", {"--recipe", "faces", "--no-mirror", "--base-channels", "4"}}, 0, folder / "run");
  std::ranges::replace(flags, test::mnist_tiny().string(), (folder / "faces.npz").string());
  const Ran ran = test::run("gan-train", flags);
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto python = [&](const Flags& more) {
    Flags all{GAN_SOURCE_DIR "/scripts/bench/families_gan.py",
              "--checkpoint",
              folder / "run/checkpoints/step-000003.pt",
              "--data",
              folder / "faces.npz",
              "--threads",
              "1"};
    all.insert(all.end(), more.begin(), more.end());
    const Ran timed = test::run(GAN_TEST_PYTHON, all);
    EXPECT_EQ(timed.code, 0) << timed.err;
    return test::lines_of(timed.out);
  };
  const auto ours = test::lines_of(test::slurp(folder / "run/metrics.jsonl"));
  const auto theirs = python({"--steps", std::to_string(kStepsBeside), "--losses"});
  ASSERT_EQ(theirs.size(), kStepsBeside);
  ASSERT_EQ(ours.size(), kStepsBefore + kStepsBeside);
  for (size_t i = 0; i < kStepsBeside; ++i) EXPECT_EQ(difference(ours[kStepsBefore + i], theirs[i]), "");
  const auto timed = python({"--steps", "2", "--warmup", "1"});
  ASSERT_EQ(timed.size(), 1u);
  EXPECT_GT(test::number_in(timed[0], "images_per_second"), 0);
}

}  // namespace
}  // namespace gan
