// Each family beside an independent rendering of its papers in PyTorch (tests/python/families.py): from the same
// checkpoint, noise and batches both have the same losses.

#include <cmath>

#include "support/test.h"

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
    if (name.starts_with("d_") || name.starts_with("g_")) names.push_back(name);
    at = end;
  }
  return names;
}

struct Case {
  std::string name;
  Flags flags;
  std::vector<std::string> extra;  ///< losses besides those that every family has
};

/// Trains thirteen steps and keeps the checkpoint of the third. No dropout: Python draws other masks.
fs::path train(const Case& it, const fs::path& run) {
  Flags flags{"--data", test::mnist_tiny(), "--threads", "1", "--out", run, "--quiet"};
  for (const char* flag :
       {"--limit=48", "--batch-size=8", "--steps=13", "--log-every=1", "--grid=2x2", "--dropout=0", "--sample-every=0",
        "--eval-every=0", "--checkpoint-every=0", "--keep-every=3", "--lr=2e-5"}) {
    flags.emplace_back(flag);
  }
  flags.insert(flags.end(), it.flags.begin(), it.flags.end());
  const Ran ran = test::run("gan-train", flags);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return run / "checkpoints/step-000003.pt";
}

void expect_same_losses(const Case& it, const std::string& ours, const std::string& theirs) {
  EXPECT_EQ(test::number_in(ours, "step"), test::number_in(theirs, "step"));
  std::vector<std::string> expected{"d_loss", "d_real", "d_fake", "g_loss"};
  expected.insert(expected.end(), it.extra.begin(), it.extra.end());
  EXPECT_THAT(losses_in(theirs), testing::IsSupersetOf(expected));
  for (const std::string& name : losses_in(theirs)) {
    const double wanted = test::number_in(theirs, name);
    EXPECT_NEAR(test::number_in(ours, name), wanted, kTolerance * std::abs(wanted)) << name << " in\n"
                                                                                    << ours << "\n"
                                                                                    << theirs;
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const std::vector<std::pair<std::string, std::vector<std::string>>> families{
      {"cgan", {}}, {"infogan", {"d_category", "d_code", "g_category", "g_code"}}};
  for (const auto& [model, extra] : families) {
    for (const std::string arch : {"dcgan", "upconv", "mlp"}) {
      Flags flags{"--model", model, "--arch", arch};
      if (arch == "upconv") flags.insert(flags.end(), {"--batch-size", "4", "--limit", "24"});
      all.push_back({model + "_" + arch, flags, extra});
    }
    all.push_back(
        {model + "_joined", {"--model", model, "--no-minibatch-std", "--joined-batch", "--fresh-noise"}, extra});
  }
  all.push_back({"feature_matching", {"--model", "gan", "--feature-matching", "0.5"}, {"g_feature_distance"}});
  return all;
}

TEST(FamiliesBesidePyTorch, HaveTheSameLossesFromACheckpointOn) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  const test::TemporaryFolder folder;
  // One Python for all: it takes seconds to start.
  std::vector<std::string> arguments{GAN_SOURCE_DIR "/tests/python/families.py", test::mnist_tiny(),
                                     std::to_string(kStepsBeside)};
  for (const Case& it : cases()) arguments.push_back(train(it, folder / it.name));
  const Ran python = test::run(GAN_TEST_PYTHON, arguments);
  ASSERT_EQ(python.code, 0) << python.err;
  const auto theirs = test::lines_of(python.out);
  ASSERT_EQ(theirs.size(), kStepsBeside * cases().size());
  auto line = theirs.begin();
  for (const Case& it : cases()) {
    SCOPED_TRACE(it.name);
    const auto ours = test::lines_of(test::slurp(folder / it.name / "metrics.jsonl"));
    ASSERT_EQ(ours.size(), kStepsBefore + kStepsBeside);
    for (size_t i = 0; i < kStepsBeside; ++i) expect_same_losses(it, ours[kStepsBefore + i], *line++);
  }
}

}  // namespace
}  // namespace gan
