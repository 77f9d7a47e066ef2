#include "gan/run/folder.h"

#include "support/test.h"

namespace gan {
namespace {

using test::TemporaryFolder;
namespace fs = std::filesystem;

/// A working folder of the test's own, for names that begin there.
class WorkingFolder {
 public:
  WorkingFolder() : before_(fs::current_path()) { fs::current_path(folder_.path()); }
  ~WorkingFolder() { fs::current_path(before_); }

 private:
  TemporaryFolder folder_;
  fs::path before_;
};

TEST(RunFolder, NumbersGoOnAfterTheHighest) {
  const WorkingFolder here;
  EXPECT_EQ(RunFolder::create("", "dcgan").path(), "runs/00000-dcgan");
  fs::create_directories("runs/00041-mlp");
  fs::create_directories("runs/quickstart");
  EXPECT_EQ(RunFolder::create("", "dcgan").path(), "runs/00042-dcgan");
}

TEST(RunFolder, AFolderWithSomethingInItIsRefused) {
  const TemporaryFolder folder;
  test::spill(folder / "precious", "data");
  EXPECT_THAT(test::error_of([&] { RunFolder::create(folder.path(), "x"); }), testing::HasSubstr("not empty"));
  EXPECT_EQ(test::slurp(folder / "precious"), "data");
}

TEST(RunFolder, AFileInItsPlaceIsRefused) {
  const TemporaryFolder folder;
  test::spill(folder / "file", "");
  EXPECT_THROW(RunFolder::create(folder / "file", "x"), Error);
  EXPECT_THROW(RunFolder::create(folder / "file/below", "x"), Error);
}

TEST(RunFolder, TheNewestCheckpointIsThatOfTheHighestStep) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  EXPECT_THROW(run.newest_checkpoint(), Error);
  for (const int64_t step : {900, 1000000, 99000}) test::spill(run.checkpoint(step), "");
  test::spill(run.checkpoints() / "step-9999999.pt.tmp12", "");
  EXPECT_EQ(run.newest_checkpoint(), run.checkpoint(1000000));
}

TEST(RunFolder, PruningKeepsTheNewestAndNothingElseIsTouched) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  for (const int64_t step : {1, 2, 3, 10}) test::spill(run.checkpoint(step), "");
  test::spill(run.checkpoints() / "notes.txt", "");
  run.prune_checkpoints(2);
  EXPECT_FALSE(fs::exists(run.checkpoint(1)) || fs::exists(run.checkpoint(2)));
  EXPECT_TRUE(fs::exists(run.checkpoint(3)) && fs::exists(run.checkpoint(10)));
  EXPECT_TRUE(fs::exists(run.checkpoints() / "notes.txt"));
}

}  // namespace
}  // namespace gan
