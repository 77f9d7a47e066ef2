// The page of --explore draws what gan-sample draws, in Chromium: tests/python/explorer_in_chromium.py.

#include "support/test.h"
#include "support/trained.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Explorer : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Explorer, DrawsWhatGanSampleDrawsAndItsControlsWork) {
  const TemporaryFolder folder;
  std::vector<std::string> flags{"--data",
                                 test::mnist_tiny(),
                                 "--batch-size",
                                 "8",
                                 "--steps",
                                 "4",
                                 "--init",
                                 "xavier",
                                 "--threads",
                                 "1",
                                 "--latent-size",
                                 "6",
                                 "--out",
                                 folder / "run",
                                 "--quiet",
                                 "--eval-every",
                                 "0"};
  flags.insert(flags.end(), GetParam().begin(), GetParam().end());
  Ran ran = test::run("gan-train", flags);
  ASSERT_EQ(ran.code, 0) << ran.err;
  ran = test::run("gan-sample", {folder / "run", "--explore", folder / "page.html"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  ran = test::run("gan-sample", {folder / "run", "--count", "30", "--out", folder / "a.npy"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with numpy was found by scripts/setup.sh";
  ran = test::run(GAN_TEST_PYTHON,
                  {GAN_SOURCE_DIR "/tests/python/explorer_in_chromium.py", folder / "page.html", folder / "a.npy"});
  if (ran.code == 77) GTEST_SKIP() << "no Chromium is installed";
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("images a second"));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Explorer,
    testing::Values(std::vector<std::string>{"--base-channels", "2"},
                    std::vector<std::string>{"--arch", "mlp", "--noise", "uniform"},
                    std::vector<std::string>{"--recipe", "upconv", "--model", "cgan", "--max-channels", "8"},
                    std::vector<std::string>{"--model", "infogan", "--virtual-batch-norm", "--base-channels", "2"},
                    std::vector<std::string>{"--model", "aae", "--noise", "mixture", "--base-channels", "2"},
                    std::vector<std::string>{"--model", "lapgan", "--base-channels", "2"}));

TEST(ExplorerPage, IsRefusedInOneLineWhereItCannotBeWritten) {
  EXPECT_THAT(test::refused("gan", {"--explore", "page.txt"}), HasSubstr("--explore page.txt: it will be a page"));
  EXPECT_THAT(test::refused("gan", {"--explore", "a.html", "--out", "b.html"}), HasSubstr("--out: --explore names"));
  EXPECT_THAT(test::refused("gan", {"--explore", "a.html", "--count", "3"}),
              HasSubstr("--count: --explore does not read it"));
  EXPECT_THAT(test::refused("gan", {"--explore", "a.html", "--encode", "x"}), HasSubstr("excludes --encode"));
  const TemporaryFolder folder;
  test::spill(folder / "notes.html", "<!doctype html>\n<p>mine");
  const Ran ran = test::sample("gan", {"--explore", "notes.html"}, folder.path());
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(test::slurp(folder / "notes.html"), "<!doctype html>\n<p>mine");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(test::sample("gan", {"--explore", "own.html"}, folder.path()).code, 0);
}

}  // namespace
}  // namespace gan
