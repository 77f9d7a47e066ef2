#include "gan/run/verify_resume.h"

#include <cstdlib>
#include <sstream>

#include "gan/device/device.h"
#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

Options small() {
  Options options = find_recipe("dcgan").options;
  options.network.base_channels = 2;
  options.batch_size = 8;
  options.limit = 24;  // 3 steps an epoch: the check goes through the end of one
  options.grid = {2, 2};
  options.threads = 1;
  return options;
}

ResumeCheck check(const Options& options, int64_t steps) {
  static const Dataset data = load_dataset(test::mnist_tiny());
  set_up_cpu(1);
  return verify_resume(options, data, steps);
}

/// Where temporary folders are made, as long as it lives.
class TemporaryPlace {
 public:
  explicit TemporaryPlace(const std::filesystem::path& path) {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", path.c_str(), 1);
  }
  ~TemporaryPlace() { before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1); }
  TemporaryPlace(const TemporaryPlace&) = delete;

 private:
  std::string before_;
};

TEST(VerifyResume, ReportsEachThingThatIsTheSame) {
  const ResumeCheck result = check(small(), 5);
  EXPECT_TRUE(result.same);
  std::istringstream lines(result.report);
  for (const char* what :
       {"weights and optimizers of all players, SHA-256 ", "averaged weights, SHA-256 ",
        "random generators and order of images, SHA-256 ", "best evaluation and watchdog, SHA-256 ", "grid of step 0",
        "grid of step 2", "grid of step 5", "all lines of metrics, except times and memory"}) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line)) << what;
    EXPECT_THAT(line, testing::StartsWith("same     " + std::string(what)));
  }
  EXPECT_EQ(lines.peek(), EOF);
}

TEST(VerifyResume, ReportsTheWeightsThatTheSeedDecides) {
  Options other = small();
  other.seed = 1;
  const std::string first = check(small(), 2).report;
  EXPECT_EQ(check(small(), 2).report, first);
  EXPECT_NE(check(other, 2).report, first);
}

TEST(VerifyResume, TrainsItsStepsWhateverTheRunsLength) {
  Options options = small();
  options.steps = 1;
  options.epochs = 1;
  options.max_minutes = 1e-9;
  EXPECT_THAT(check(options, 4).report, HasSubstr("grid of step 4\n"));
}

TEST(VerifyResume, LeavesNothingBehind) {
  const TemporaryFolder folder;
  const TemporaryPlace place(folder.path());
  EXPECT_TRUE(check(small(), 2).same);
  EXPECT_THAT(test::names_in(folder.path()), testing::IsEmpty());
  Options tight = small();
  tight.batch_size = 25;  // of 24 images
  EXPECT_THROW(check(tight, 2), Error);
  EXPECT_THAT(test::names_in(folder.path()), testing::IsEmpty());
}

TEST(VerifyResume, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  test::spill(folder / "file", "");
  const TemporaryPlace place(folder / "file");
  EXPECT_ANY_THROW(check(small(), 2));
}

}  // namespace
}  // namespace gan
