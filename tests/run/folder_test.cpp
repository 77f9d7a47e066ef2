#include "gan/run/folder.h"

#include <unistd.h>

#include <optional>

#include "gan/base/file.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::names_in;
using test::spill;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
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

TEST(RunFolder, NumbersGoOnAfterTheHighestOfOurs) {
  const WorkingFolder here;
  // The next number after these would overflow, or be no number of ours.
  for (const char* name : {"9223372036854775807-x", "9223372036854775808-x", "999999999-x", "-7-x", "00x-y"}) {
    fs::create_directories(fs::path("runs") / name);
  }
  EXPECT_EQ(RunFolder::create("", "dcgan").path(), "runs/00000-dcgan");
  fs::create_directories("runs/100000-x");
  EXPECT_EQ(RunFolder::create("", "dcgan").path(), "runs/100001-dcgan");
}

TEST(RunFolder, MakesTheFoldersAboveIt) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "a/b/run", "x");
  EXPECT_EQ(run.path(), folder / "a/b/run");
  EXPECT_THAT(names_in(run.path()), ElementsAre("lock"));
}

TEST(RunFolder, AFolderWithSomethingInItIsRefused) {
  for (const char* name : {"precious", ".hidden", "options.toml", "g.pt", "samples/step-000000.png"}) {
    const TemporaryFolder taken;
    make_folder((taken / name).parent_path());
    spill(taken / name, "data");
    spill(taken / ".gan-1.tmp", "aside");
    EXPECT_EQ(error_of([&] { RunFolder::create(taken.path(), "x"); }),
              "--out: " + taken.path().string() + ": the folder is not empty (take another, or go on with --resume)");
    EXPECT_EQ(test::slurp(taken / name), "data");
    EXPECT_TRUE(fs::exists(taken / ".gan-1.tmp"));  // not ours to sweep
    EXPECT_FALSE(fs::exists(taken / "lock"));
  }
}

TEST(RunFolder, AFolderWithNothingOfAnybodysIsTaken) {
  const TemporaryFolder folder;
  for (const char* name : {"samples", "checkpoints"}) fs::create_directory(folder / name);
  spill(folder / "lock", "12345\n");
  spill(folder / ".gan-12345.tmp", "half a file");
  const RunFolder run = RunFolder::create(folder.path(), "x");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("checkpoints", "lock", "samples"));
  EXPECT_EQ(test::slurp(run.lock()), std::to_string(::getpid()) + "\n");
}

TEST(RunFolder, AFileInItsPlaceIsRefused) {
  const TemporaryFolder folder;
  spill(folder / "file", "");
  EXPECT_EQ(error_of([&] { RunFolder::create(folder / "file", "x"); }),
            "--out: " + (folder / "file").string() + ": not a folder");
  EXPECT_EQ(error_of([&] { RunFolder::create(folder / "file/below", "x"); }),
            "--out: " + (folder / "file").string() + ": cannot make this folder: File exists");
}

TEST(RunFolder, OnlyARunIsOpened) {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& name) { return error_of([&] { RunFolder::open(folder / name); }); };
  const auto start = [&](const std::string& name) { return "--resume: " + (folder / name).string() + ": "; };
  EXPECT_EQ(refusal("none"), start("none") + "no such folder");
  spill(folder / "file", "");
  EXPECT_EQ(refusal("file"), start("file") + "expected a run's folder, got a file");
  make_folder(folder / "other/checkpoints");
  spill(folder / "other/notes.txt", "");
  spill(folder / "other/checkpoints/notes.txt", "");
  spill(folder / "other/.gan-1.tmp", "");
  EXPECT_EQ(refusal("other"), start("other") + "no run in this folder: neither options.toml nor a checkpoint");
  EXPECT_THAT(names_in(folder / "other"), ElementsAre(".gan-1.tmp", "checkpoints", "notes.txt"));
}

TEST(RunFolder, OptionsOrACheckpointMakeARun) {
  const TemporaryFolder folder;
  make_folder(folder / "young");
  spill(folder / "young/options.toml", "");
  EXPECT_EQ(RunFolder::open(folder / "young").path(), folder / "young");
  make_folder(folder / "old/checkpoints");
  spill(folder / "old/checkpoints/step-000010.pt", "");
  EXPECT_EQ(RunFolder::open(folder / "old").path(), folder / "old");
}

TEST(RunFolder, IsHeldAsLongAsAnyCopyLives) {
  const TemporaryFolder folder;
  std::optional<RunFolder> run = RunFolder::create(folder / "run", "x"), copy = run;
  const std::string held = (folder / "run/lock").string() + ": held by process " + std::to_string(::getpid());
  EXPECT_THAT(error_of([&] { RunFolder::create(folder / "run", "x"); }), HasSubstr(held));
  spill(run->options(), "");
  EXPECT_THAT(error_of([&] { RunFolder::open(folder / "run"); }), HasSubstr(held));
  run.reset();
  EXPECT_THAT(error_of([&] { RunFolder::open(folder / "run"); }), HasSubstr(held));
  copy.reset();
  run = RunFolder::open(folder / "run");
  EXPECT_THAT(error_of([&] { RunFolder::open(folder / "run"); }), HasSubstr(held));
  run.reset();
  EXPECT_NO_THROW(RunFolder::open(folder / "run"));
}

TEST(RunFolder, NamesAloneHoldNothing) {
  const TemporaryFolder folder;
  const RunFolder names(folder.path());
  EXPECT_EQ(names.sample(100), folder / "samples/step-000100.png");
  EXPECT_EQ(names.checkpoint(1234567), folder / "checkpoints/step-1234567.pt");
  EXPECT_THAT(names.checkpoints_newest_first(), IsEmpty());
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST(RunFolder, WhatAKilledRunLeftAsideIsSwept) {
  const TemporaryFolder folder;
  for (const char* name : {"samples", "checkpoints", "mine"}) {
    fs::create_directory(folder / name);
    spill(folder / name / ".gan-77.tmp", "half");
  }
  spill(folder / ".gan-77.tmp", "half");
  spill(folder / "options.toml", "");
  RunFolder::open(folder.path());
  EXPECT_THAT(names_in(folder.path()), ElementsAre("checkpoints", "lock", "mine", "options.toml", "samples"));
  EXPECT_THAT(names_in(folder / "samples"), IsEmpty());
  EXPECT_THAT(names_in(folder / "checkpoints"), IsEmpty());
  EXPECT_THAT(names_in(folder / "mine"), ElementsAre(".gan-77.tmp"));
}

TEST(RunFolder, ARunThatIsHeldIsNotSwept) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  spill(run.options(), "");
  spill(run.path() / ".gan-77.tmp", "being written");
  EXPECT_THROW(RunFolder::open(run.path()), Error);
  EXPECT_TRUE(fs::exists(run.path() / ".gan-77.tmp"));
}

TEST(RunFolder, TheNewestCheckpointIsThatOfTheHighestStep) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  EXPECT_THAT(run.checkpoints_newest_first(), IsEmpty());
  make_folder(run.checkpoints());
  for (const int64_t step : {900, 1000000, 99000}) spill(run.checkpoint(step), "");
  for (const char* name : {"step-9999999.pt.tmp12", ".gan-1.tmp", "step-.pt", "step--5.pt", "step-1x.pt", "9.pt",
                           "step-99999999999999999999.pt"}) {
    spill(run.checkpoints() / name, "");
  }
  EXPECT_THAT(run.checkpoints_newest_first(),
              ElementsAre(run.checkpoint(1000000), run.checkpoint(99000), run.checkpoint(900)));
}

TEST(RunFolder, PruningKeepsTheNewestAndNothingElseIsTouched) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  make_folder(run.checkpoints());
  for (const int64_t step : {1, 2, 3, 10}) spill(run.checkpoint(step), "");
  spill(run.checkpoints() / "notes.txt", "");
  run.prune_checkpoints(9, [](int64_t) { return false; });
  EXPECT_THAT(run.checkpoints_newest_first(), testing::SizeIs(4));
  run.prune_checkpoints(2, [](int64_t) { return false; });
  EXPECT_THAT(names_in(run.checkpoints()), ElementsAre("notes.txt", "step-000003.pt", "step-000010.pt"));
}

TEST(RunFolder, PruningKeepsWhatIsWanted) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  make_folder(run.checkpoints());
  for (const int64_t step : {5, 10, 15, 20, 25, 27}) spill(run.checkpoint(step), "");
  run.prune_checkpoints(2, [](int64_t step) { return step % 10 == 0; });
  EXPECT_THAT(run.checkpoints_newest_first(),
              ElementsAre(run.checkpoint(27), run.checkpoint(25), run.checkpoint(20), run.checkpoint(10)));
}

}  // namespace
}  // namespace gan
