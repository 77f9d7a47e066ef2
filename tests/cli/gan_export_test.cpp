// gan-export as a user runs it, and the lines of docs/python.md and docs/exports.md.

#include "gan/data/npy.h"
#include "support/pages.h"
#include "support/python.h"
#include "support/test.h"
#include "support/trained.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

Ran gan_export(const std::string& model, std::vector<std::string> flags, const fs::path& folder) {
  flags.insert(flags.begin(), test::trained(model).string());
  return test::run("gan-export", flags, folder);
}

/// In grey levels, between images in NumPy files.
double largest_difference(const fs::path& a, const fs::path& b) {
  return (read_npy(a).to(at::kDouble) - read_npy(b).to(at::kDouble)).abs().max().item<double>();
}

TEST(GanExport, WritesTheGeneratorAndSaysWhatItTakes) {
  const TemporaryFolder folder;
  const Ran ran = gan_export("cgan", {}, folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("generator.onnx: generator after 4 steps, "));
  EXPECT_THAT(ran.out, HasSubstr("inputs: z [N, 100], label [N]\n"));
  EXPECT_EQ(gan_export("cgan", {}, folder.path()).code, 0);  // replaces its own
}

TEST(GanExport, HasTheWeightsThatWereAskedFor) {
  const TemporaryFolder folder;
  ASSERT_EQ(gan_export("gan", {"--out", "ema.onnx"}, folder.path()).code, 0);
  ASSERT_EQ(gan_export("gan", {"--out", "raw.onnx", "--weights", "raw"}, folder.path()).code, 0);
  EXPECT_NE(test::slurp(folder / "ema.onnx"), test::slurp(folder / "raw.onnx"));
}

TEST(GanExport, RefusesInOneLineAndLeavesOtherFilesAlone) {
  const TemporaryFolder folder;
  test::spill(folder / "theirs.onnx", "another program's");
  const auto refused = [&](const std::string& model, const std::vector<std::string>& flags) {
    const Ran ran = gan_export(model, flags, folder.path());
    EXPECT_EQ(ran.code, 2) << ran.out;
    EXPECT_EQ(test::lines_of(ran.err).size(), 1u) << ran.err;
    EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"theirs.onnx"});
    return ran.err;
  };
  EXPECT_THAT(refused("gan", {"--out", "theirs.onnx"}),
              HasSubstr("theirs.onnx: is there already, and is not replaced"));
  EXPECT_THAT(refused("gan", {"--out", "g.pb"}), HasSubstr("expected a name that ends in .onnx or .pt"));
  EXPECT_THAT(refused("gan", {"--out", "theirs.onnx/g.onnx"}), HasSubstr("--out: "));
  EXPECT_THAT(refused("gan", {"--part", "encoder"}), HasSubstr("--part encoder: this model has no encoder"));
  EXPECT_THAT(refused("gan", {"--part", "critic"}), HasSubstr("expected generator|discriminator|encoder"));
  EXPECT_EQ(test::slurp(folder / "theirs.onnx"), "another program's");
}

TEST(GanExport, ASmallGeneratorDrawsNearlyTheSameAndARunCanBeginFromIt) {
  const TemporaryFolder folder;
  for (const char* model : {"gan", "bigan", "cgan", "lapgan"}) {
    const fs::path small = folder / (std::string(model) + ".pt");
    ASSERT_EQ(gan_export(model, {"--out", small}, folder.path()).code, 0);
    EXPECT_LT(fs::file_size(small) * 2, fs::file_size(test::trained(model) / "g.pt")) << model;
    ASSERT_EQ(test::sample(model, {"--out", "a.npy", "--count", "9"}, folder.path()).code, 0);
    const Ran ran = test::run("gan-sample", {small, "--out", "b.npy", "--count", "9"}, folder.path());
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_LE(largest_difference(folder / "a.npy", folder / "b.npy"), 3) << model;
    const Ran fork = test::run("gan-train", {"--fork", small, "--data", test::mnist_tiny(), "--steps", "2", "--out",
                                             folder / (std::string(model) + "-fork"), "--quiet", "--eval-every", "0"});
    EXPECT_EQ(fork.code, 0) << fork.err;
  }
  EXPECT_THAT(gan_export("gan", {"--out", folder / "gan.pt"}, folder.path()).err, HasSubstr("is not replaced"));
  EXPECT_THAT(gan_export("gan", {"--out", "c.pt", "--part", "encoder"}, folder.path()).err, HasSubstr("--part: a .pt"));
}

TEST(GanExport, ARunThatBeginsFromAWholeGeneratorHasItsLastWeightsAndAverages) {
  const TemporaryFolder folder;
  const std::string run = test::trained("gan").string();
  const auto fork = [&](const std::string& from, const fs::path& out) {
    const Ran ran = test::run("gan-train", {"--fork", from, "--steps", "3", "--out", out, "--quiet", "--threads", "1"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(test::run("gan-sample", {out, "--weights", "raw", "--out", out.string() + ".npy"}).code, 0);
  };
  fork(run, folder / "of-run");
  fork(run + "/g.pt", folder / "of-file");
  EXPECT_EQ(largest_difference(folder / "of-run.npy", folder / "of-file.npy"), 0);
}

/// A folder in which the pages' paths are those of a small run.
void make_run_of_pages(const TemporaryFolder& folder) {
  fs::create_directory(folder / "runs");
  fs::create_directory_symlink(test::trained("cgan"), folder / "runs/00000-dcgan");
}

Ran python(const std::string& lines, const TemporaryFolder& folder) {
  return test::run(GAN_TEST_PYTHON, {"-c", lines}, folder.path());
}

TEST(PythonPage, ItsLinesDrawWhatGanSampleDraws) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  const TemporaryFolder folder;
  make_run_of_pages(folder);
  const std::string command = test::lines_in("python.md", "bash");
  const std::string script = "PATH=\"$0:$PATH\"; " + command;
  ASSERT_EQ(test::run("/bin/bash", {"-c", script, GAN_BINARY_DIR}, folder.path()).code, 0);
  const Ran ran = python(
      test::lines_in("python.md", "python") + "\nassert seven.std() > 0\nnumpy.save('theirs.npy', seven)\n", folder);
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_LE(largest_difference(folder / "seven.npy", folder / "theirs.npy"), 1);
}

TEST(ExportsPage, ItsLinesDrawImages) {
  if (!test::has_modules({"numpy", "onnxruntime"})) {
    GTEST_SKIP() << "no Python with onnxruntime was found by scripts/setup.sh";
  }
  const TemporaryFolder folder;
  ASSERT_EQ(test::run("gan-train", {"--data", test::mnist_tiny(), "--steps", "1", "--batch-size", "4", "--quiet",
                                    "--base-channels", "2", "--eval-every", "0", "--out", folder / "run"})
                .code,
            0);
  ASSERT_EQ(test::run("gan-export", {folder / "run"}, folder.path()).code, 0);
  const Ran ran = python(test::lines_in("exports.md", "python") + "\nprint(images.shape, images.dtype)", folder);
  EXPECT_EQ(ran.out, "(64, 1, 28, 28) float32\n") << ran.err;
}

/// Asks onnxruntime for the images of the latents that gan-sample drew from.
TEST(GanExport, ItsFileDrawsWhatGanSampleDraws) {
  if (!test::has_modules({"numpy", "onnxruntime"})) {
    GTEST_SKIP() << "no Python with onnxruntime was found by scripts/setup.sh";
  }
  const TemporaryFolder folder;
  ASSERT_EQ(test::sample("cgan", {"--out", "a.npy", "--count", "30", "--latents-out", "z.npy"}, folder.path()).code, 0);
  ASSERT_EQ(gan_export("cgan", {}, folder.path()).code, 0);
  const Ran ran = python(
      "import numpy as np, onnxruntime\n"
      "rows = np.load('z.npy')\n"
      "given = {'z': rows[:, :100], 'label': rows[:, 100:].argmax(1)}\n"
      "images, = onnxruntime.InferenceSession('generator.onnx').run(None, given)\n"
      "theirs = ((images + 1) * 127.5).round().clip(0, 255)\n"
      "print(np.abs(theirs - np.load('a.npy')).max() <= 1, np.load('a.npy').std() > 1)\n",
      folder);
  EXPECT_EQ(ran.out, "True True\n") << ran.err;
}

}  // namespace
}  // namespace gan
