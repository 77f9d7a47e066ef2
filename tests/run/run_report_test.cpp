// report.html of a run, as page and in Chromium.

#include "gan/run/run_report.h"

#include "gan/base/base64.h"
#include "gan/base/file.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

using Flags = std::vector<std::string>;

Ran train(const fs::path& out, const Flags& more = {}) {
  Flags flags{"--data",
              test::mnist_tiny(),
              "--out",
              out,
              "--steps",
              "30",
              "--base-channels",
              "2",
              "--batch-size",
              "8",
              "--grid",
              "3x3",
              "--sample-every",
              "10",
              "--log-every",
              "5",
              "--eval-every",
              "15",
              "--quiet",
              "--threads",
              "1",
              "--eval-samples",
              "100"};
  flags.insert(flags.end(), more.begin(), more.end());
  return test::run("gan-train", flags);
}

/// A run with a report, made once.
const fs::path& trained() {
  static const TemporaryFolder folder;
  static const Ran ran = train(folder / "run");
  static const fs::path path = folder / "run";
  EXPECT_EQ(ran.code, 0) << ran.err;
  return path;
}

TEST(RunReport, IsLeftByARunAndHoldsItsGridsMetricsOptionsAndMachine) {
  const RunFolder folder(trained());
  const std::string page = test::slurp(folder.report());
  for (const int64_t step : {0, 10, 20, 30}) {
    EXPECT_THAT(page, HasSubstr(base64(test::slurp(folder.sample(step))))) << step;
  }
  EXPECT_THAT(page, HasSubstr(base64(test::slurp(folder.real()))));
  EXPECT_THAT(page, HasSubstr(R"(\"step\": 30, )"));
  EXPECT_THAT(page, HasSubstr(R"(recipe = \"dcgan\")"));
  EXPECT_THAT(page, HasSubstr(R"("machine": "gan 0)"));
}

TEST(RunReport, NeedsNothingFromElsewhere) {
  const std::string page = test::slurp(RunFolder(trained()).report());
  for (const char* fetches : {"src=\"http", "href=\"http", "url(http", "import(", "fetch("}) {
    EXPECT_THAT(page, Not(HasSubstr(fetches)));
  }
}

TEST(RunReport, OfAnOldRunIsTheSame) {
  const RunFolder folder(trained());
  const std::string before = test::slurp(folder.report());
  fs::remove(folder.report());
  const Ran ran = test::run("gan-train", {"--report", trained()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, folder.report().string() + "\n");
  EXPECT_EQ(test::slurp(folder.report()), before);
}

TEST(RunReport, IsLeftOutIfNotWantedAlsoWhenTheRunGoesOn) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run", {"--no-report", "--eval-every", "0"}).code, 0);
  EXPECT_FALSE(fs::exists(folder / "run/report.html"));
  ASSERT_EQ(test::run("gan-train", {"--resume", folder / "run", "--steps", "31", "--quiet"}).code, 0);
  EXPECT_FALSE(fs::exists(folder / "run/report.html"));
}

TEST(RunReport, ThatCannotBeWrittenIsReportedAndTrainingGoesOn) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "first");
  ASSERT_EQ(train(folder / "run").code, 0);
  fs::remove(folder / "run/report.html");
  fs::create_directories(folder / "run/report.html/in-the-way");
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--steps", "40", "--quiet"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("report.html"));
  EXPECT_TRUE(fs::exists(folder / "run/samples/step-000040.png"));
}

TEST(RunReport, TextsOfTheRunCannotEndThePagesScript) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path());
  test::spill(run.options(), "data = \"</script><script>alert(1)</script>\"\n");
  test::spill(run.log(), "2026-11-27 22:47:22 W warning: </script>\n");
  const std::string page = run_report(run);
  EXPECT_THAT(page, Not(HasSubstr("</script><script>alert")));
  EXPECT_THAT(page, HasSubstr(R"(\u003c/script>\u003cscript>alert(1))"));
}

TEST(RunReport, OfALongRunHoldsSomeOfItsGridsWithTheFirstAndTheLast) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path());
  test::spill(run.options(), "");
  fs::create_directories(run.samples());
  for (int64_t step = 0; step < 300; ++step) test::spill(run.sample(step), "png " + std::to_string(step));
  const std::string page = run_report(run);
  EXPECT_THAT(page, HasSubstr(R"({"step": 0, )"));
  EXPECT_THAT(page, HasSubstr(R"({"step": 299, )"));
  size_t grids = 0;
  for (size_t at = page.find("{\"step\": "); at != page.npos; at = page.find("{\"step\": ", at + 1)) ++grids;
  EXPECT_EQ(grids, 60u);
}

TEST(RunReport, ReadsNoOtherFlagsAndNoFolderWithoutARun) {
  const TemporaryFolder folder;
  const auto refusal = [](const Flags& flags) {
    const Ran ran = test::run("gan-train", flags);
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(test::lines_of(ran.err).size(), 1u) << ran.err;
    return ran.err;
  };
  EXPECT_THAT(refusal({"--report", folder.path()}), HasSubstr("--report: " + folder.path().string() + ": no run"));
  EXPECT_THAT(refusal({"--report", folder / "none"}), HasSubstr("no such folder"));
  EXPECT_THAT(refusal({"--report", trained(), "--steps", "3"}), HasSubstr("--steps: --report trains nothing"));
  EXPECT_THAT(refusal({"--report", trained(), "--resume", trained()}), HasSubstr("--resume: --report trains nothing"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

Ran in_chromium(const fs::path& run) {
  const std::string python = std::string(GAN_TEST_PYTHON).empty() ? "python3" : GAN_TEST_PYTHON;
  return test::run(python, {GAN_SOURCE_DIR "/tests/python/report_in_chromium.py", run});
}

TEST(RunReport, InChromiumLinesOfMetricsThatAreDamagedAreLeftOut) {
  const TemporaryFolder folder;
  const fs::path run = folder / "run";
  fs::copy(trained(), run, fs::copy_options::recursive);
  test::spill(run / "metrics.jsonl", test::slurp(run / "metrics.jsonl") +
                                         "{\"step\": 99, \"d_loss\"{\"step\": 100}\n{\"step\": 99, \"d_loss\": NaN}\n"
                                         "[1,2]{}\nnull\n3\n{\"step\": 99, \"d_lo");
  fs::create_directory(run / "samples/step-000099.png");
  const Ran written = test::run("gan-train", {"--report", run});
  EXPECT_EQ(written.code, 0) << written.err;
  fs::remove(run / "samples/step-000099.png");
  const Ran ran = in_chromium(run);
  if (ran.code == 77) GTEST_SKIP() << "no Chromium is installed";
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(RunReport, InChromiumItsSliderFilmAndCurvesShowTheRun) {
  const Ran ran = in_chromium(trained());
  if (ran.code == 77) GTEST_SKIP() << "no Chromium is installed";
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "seen\n");
}

}  // namespace
}  // namespace gan
