// The trained generators in data/, from which anyone can draw before training.

#include <regex>

#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
namespace fs = std::filesystem;

std::string shipped(const std::string& name) {
  return (fs::path(GAN_SOURCE_DIR) / "data" / name).string();
}

/// A score of `gan-eval --json`.
double score(const std::string& json, const std::string& name) {
  std::smatch found;
  if (!std::regex_search(json, found, std::regex("\"" + name + "\": \\{\"value\": ([-0-9.e]+)"))) return -1;
  return std::stod(found[1]);
}

/// The scores of 500 samples. Real digits have precision 0.88 and recall 0.89 here.
std::string judged(const std::string& file) {
  const Ran ran = test::run("gan-eval", {shipped(file), "--data", test::mnist_tiny(), "--count", "500", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_GT(score(ran.out, "precision"), 0.75) << ran.out;
  EXPECT_GT(score(ran.out, "recall"), 0.75) << ran.out;
  EXPECT_EQ(score(ran.out, "missing_classes"), 0) << ran.out;
  return ran.out;
}

TEST(ShippedGenerator, DrawsDigitsBeforeAnythingWasTrained) {
  const TemporaryFolder folder;
  const Ran ran = test::run("gan-sample", {"--checkpoint", shipped("mnist-generator.pt"), "--nice"}, folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_GT(fs::file_size(folder / "samples.png"), 5000);
  judged("mnist-generator.pt");
}

TEST(ShippedGenerator, DrawsTheDigitThatIsAskedFor) {
  EXPECT_GT(score(judged("mnist-cgan.pt"), "label_accuracy"), 0.98);
}

TEST(ShippedGenerator, IsSmallerThanAMebibyte) {
  for (const std::string file : {"mnist-generator.pt", "mnist-cgan.pt"})
    EXPECT_LT(fs::file_size(shipped(file)), 1 << 20);
}

TEST(ShippedGenerator, IsAStartForARun) {
  const TemporaryFolder folder;
  for (const std::string file : {"mnist-generator.pt", "mnist-cgan.pt"}) {
    const Ran ran = test::run("gan-train", {"--fork", shipped(file), "--data", test::mnist_tiny(), "--steps", "2",
                                            "--eval-every", "0", "--out", folder / file, "--quiet"});
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
}

}  // namespace
}  // namespace gan
