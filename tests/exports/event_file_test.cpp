// Event files, read by TensorBoard's own reader in tests/python/read_events.py.

#include "gan/exports/event_file.h"

#include "support/python.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

TEST(Crc32c, OfTheStandardsExamples) {  // RFC 3720, appendix B.4
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

Ran read_events(const fs::path& folder) {
  return test::run(GAN_TEST_PYTHON, {GAN_SOURCE_DIR "/tests/python/read_events.py", folder});
}

TEST(EventFile, TakesThePlaceOfEarlierOnesFromItsFirstStepOn) {
  if (!test::has_modules({"tensorboard"})) GTEST_SKIP() << "no Python with tensorboard was found by scripts/setup.sh";
  const TemporaryFolder folder;
  EventFile before(folder.path(), 0);
  for (const int64_t step : {10, 20, 30}) before.scalar(step, "a", static_cast<double>(step));
  before.flush();
  EventFile after(folder.path(), 11);
  for (const int64_t step : {20, 40}) after.scalar(step, "a", static_cast<double>(step) + 1);
  after.flush();
  const Ran ran = read_events(folder.path());
  EXPECT_THAT(ran.out, HasSubstr(R"("a": [[10, 10.0], [20, 21.0], [40, 41.0]])")) << ran.err;
}

TEST(EventFile, AFullDiskLosesNothing) {
  if (!test::has_modules({"tensorboard"})) GTEST_SKIP() << "no Python with tensorboard was found by scripts/setup.sh";
  const TemporaryFolder folder;
  EventFile events(folder.path(), 0);
  events.flush();
  events.scalar(1, "a", 1);
  {
    const test::FileSizeLimit full(60);
    EXPECT_THAT(test::error_of([&] { events.flush(); }), HasSubstr("cannot write"));
  }
  events.scalar(2, "a", 2);
  events.flush();
  EXPECT_THAT(read_events(folder.path()).out, HasSubstr(R"("a": [[1, 1.0], [2, 2.0]])"));
}

std::vector<std::string> flags_of(const fs::path& out) {
  return {"--model",
          "bigan",
          "--data",
          test::mnist_tiny(),
          "--out",
          out,
          "--base-channels",
          "2",
          "--batch-size",
          "8",
          "--sample-every",
          "10",
          "--log-every",
          "5",
          "--eval-every",
          "10",
          "--threads",
          "1",
          "--eval-samples",
          "100",
          "--quiet",
          "--grid",
          "2x3"};
}

TEST(Tensorboard, ReadsTheMetricsAndGridsOfARunThatWasResumed) {
  if (!test::has_modules({"tensorboard"})) GTEST_SKIP() << "no Python with tensorboard was found by scripts/setup.sh";
  const TemporaryFolder folder;
  auto flags = flags_of(folder / "run");
  flags.insert(flags.end(), {"--steps", "20", "--tensorboard"});
  Ran ran = test::run("gan-train", flags);
  ASSERT_EQ(ran.code, 0) << ran.err;
  ran = test::run("gan-train", {"--resume", folder / "run", "--steps", "30", "--quiet"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  ran = read_events(folder / "run/tensorboard");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(R"("samples": [[0, )"));
  EXPECT_THAT(ran.out, HasSubstr(R"("reconstructions": [[0, )"));
  EXPECT_THAT(ran.out, Not(HasSubstr("NaN")));
  for (const auto& line : test::lines_of(test::slurp(folder / "run/metrics.jsonl"))) {
    const bool judged = line.find("\"evaluation\"") != line.npos;
    const std::string tag = judged ? "samples/mnist_fd" : "training/d_loss";
    const double value = test::number_in(line, tag.substr(tag.find('/') + 1));
    std::ostringstream step;
    step << "[" << test::number_in(line, "step") << ", ";
    const size_t curve = ran.out.find("\"" + tag + "\": "), end = ran.out.find("]]", curve);
    ASSERT_NE(curve, ran.out.npos) << tag << " in " << ran.out;
    const size_t point = ran.out.find(step.str(), curve);
    ASSERT_LT(point, end) << step.str();
    EXPECT_FLOAT_EQ(static_cast<float>(std::stod(ran.out.substr(point + step.str().size()))),
                    static_cast<float>(value));
  }
}

TEST(Tensorboard, IsNotThereUnlessWanted) {
  const TemporaryFolder folder;
  auto flags = flags_of(folder / "run");
  flags.insert(flags.end(), {"--steps", "1"});
  ASSERT_EQ(test::run("gan-train", flags).code, 0);
  EXPECT_FALSE(fs::exists(folder / "run/tensorboard"));
}

}  // namespace
}  // namespace gan
