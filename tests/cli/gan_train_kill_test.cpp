// Runs that are killed at any point end as the run that was never killed.

#include "cli/gan_train.h"

namespace gan {
namespace {

using test::Ran;
using test::sha256_of;
using test::TemporaryFolder;
using test::tiny_run;
using test::train;
using testing::HasSubstr;
namespace fs = std::filesystem;

TEST(GanTrainKill, NewOptionsOfASittingOutliveAKillBeforeItsFirstCheckpoint) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  test::Process process("gan-train", {"--resume", folder / "run", "--steps", "1000000", "--log-every", "20"});
  process.wait_for("epoch 1/");
  process.signal(SIGKILL);
  process.wait();
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--dry-run"});
  EXPECT_THAT(ran.out, HasSubstr("\nsteps = 1000000\n"));
}

TEST(GanTrainKill, AForkKilledBeforeItsFirstStepGoesOnWithTheWeightsItBeganWith) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  const Ran straight = test::run("gan-train", {"--fork", folder / "run", "--steps", "4", "--out", folder / "straight"});
  ASSERT_EQ(straight.code, 0) << straight.err;
  test::Process process("gan-train", {"--fork", folder / "run", "--steps", "1000000", "--checkpoint-every", "0",
                                      "--out", folder / "fork"});
  process.wait_for("writing to");
  process.signal(SIGKILL);
  process.wait();
  for (const char* name : {"metrics.jsonl", "log.txt", "real.png", "samples/step-000000.png"}) {
    fs::remove(folder / "fork" / name);  // as if the kill came before it was written
  }
  const Ran resumed = test::run("gan-train", {"--resume", folder / "fork", "--steps", "4"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(sha256_of(resumed), sha256_of(straight));
}

TEST(GanTrainKill, ARunKilledBeforeItsFirstCheckpointBeginsAgainWithItsOptions) {
  const TemporaryFolder folder;
  const std::vector<std::string> more{"--seed", "5", "--d-lr", "1e-3"};
  ASSERT_EQ(train(folder / "straight", more).code, 0);
  ASSERT_EQ(train(folder / "run", more).code, 0);
  fs::remove_all(folder / "run/checkpoints");
  const Ran refused = test::run("gan-train", {"--resume", folder / "run"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("its checkpoints are gone"));  // a run with a g.pt had checkpoints
  fs::remove(folder / "run/g.pt");
  const Ran ran = test::run("gan-train", {"--resume", folder / "run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("resumed at step 0: no checkpoint yet"));
  EXPECT_EQ(test::slurp(folder / "run/g.pt"), test::slurp(folder / "straight/g.pt"));
}

/// Runs gan-train, killed right after its `number`-th call that changes a file.
Ran train_killed_at(int number, std::vector<std::string> arguments) {
  const std::string script =
      "export LD_PRELOAD=\"$0\" GAN_KILL_AT=$1 ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0;"
      "shift; exec \"$@\"";
  std::vector<std::string> all{"-c", script, GAN_KILL_AT_LIBRARY, std::to_string(number),
                               fs::path(GAN_BINARY_DIR) / "gan-train"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return test::run("/bin/bash", all);
}

/// Everything in a run's folder that is equal for equal runs.
std::string left_by(const fs::path& run) {
  std::string left = test::slurp(run / "g.pt");
  if (fs::exists(run / "g-best.pt")) left += test::slurp(run / "g-best.pt");
  for (const char* folder : {"samples", "checkpoints"}) {
    for (const auto& name : test::names_in(run / folder)) {
      left += name + "\n" + (name.ends_with(".png") ? test::slurp(run / folder / name) : "");
    }
  }
  const std::string metrics = test::slurp(run / "metrics.jsonl");
  return left + std::to_string(std::count(metrics.begin(), metrics.end(), '\n')) + " lines";
}

/// Kills a run of `arguments` after each call that changes a file in turn, resumes it, and expects the end of the run
/// that was never killed.
void expect_the_same_end_wherever_killed(const std::vector<std::string>& arguments, int step, int expected_code = 0) {
  const TemporaryFolder folder;
  const auto into = [&](const std::string& name) {
    std::vector<std::string> all = arguments;
    all.insert(all.end(), {"--quiet", "--out", folder / name});
    return all;
  };
  const Ran unbroken = test::run("gan-train", into("straight"));
  ASSERT_EQ(unbroken.code, expected_code) << unbroken.err;
  const std::string straight = left_by(folder / "straight");
  int kills = 0;
  for (int number = 1;; number += step, ++kills) {
    const fs::path run = folder / ("killed-" + std::to_string(number));
    const Ran first = train_killed_at(number, into(run.filename()));
    if (first.code == expected_code) break;
    ASSERT_EQ(first.code, 137) << first.err;
    const bool begun = fs::exists(run / "options.toml") ||
                       (fs::exists(run / "checkpoints") && !test::names_in(run / "checkpoints").empty() &&
                        test::names_in(run / "checkpoints")[0].ends_with(".pt"));
    const Ran second = test::run("gan-train", begun ? std::vector<std::string>{"--resume", run} : into(run.filename()));
    ASSERT_EQ(second.code, expected_code) << "killed after call " << number << ": " << second.err;
    ASSERT_EQ(left_by(run), straight) << "killed after call " << number;
  }
  EXPECT_GE(kills * step, 40);
}

TEST(GanTrainKill, ARunKilledAfterAnyChangeOfAFileEndsAsTheOneNeverKilled) {
  // Step 4 writes a line, a grid and g-best.pt without a checkpoint. The last step writes them because it is the last,
  // and a checkpoint that is due anyway, which must not count as done what is not.
  expect_the_same_end_wherever_killed(tiny_run({"--log-every", "4", "--sample-every", "4", "--eval-every", "4",
                                                "--eval-samples", "100", "--checkpoint-every", "3"}),
                                      1);
}

TEST(GanTrainKill, ARunKilledWhereFilesAsideHaveNamesEndsAsTheOneNeverKilled) {
  ::setenv("GAN_NO_UNNAMED_FILES", "1", 1);
  expect_the_same_end_wherever_killed(tiny_run({"--log-every", "4", "--sample-every", "4", "--checkpoint-every", "2"}),
                                      3);
  ::unsetenv("GAN_NO_UNNAMED_FILES");
}

TEST(GanTrainKill, ARunThatRollsBackAndIsKilledAfterAnyChangeOfAFileEndsAsTheOneNeverKilled) {
  // With a learning rate of 0 the watchdog reports a dead G at the third evaluation, each time.
  expect_the_same_end_wherever_killed(
      tiny_run({"--lr", "0", "--steps", "30", "--on-collapse", "rollback", "--eval-every", "1", "--eval-samples", "100",
                "--checkpoint-every", "1"}),
      7, /*expected_code=*/1);
}

TEST(GanTrainKill, AForkKilledAfterAnyChangeOfAFileEndsAsTheOneNeverKilled) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "source").code, 0);
  expect_the_same_end_wherever_killed(
      {"--fork", folder / "source", "--steps", "5", "--log-every", "1", "--checkpoint-every", "2"}, 3);
}

TEST(GanTrainKill, OneCommandBeginsGoesOnAndEndsHoweverOftenItIsKilled) {
  const TemporaryFolder folder;
  const auto into = [&](const std::string& name) {
    return tiny_run({"--checkpoint-every", "1", "--sample-every", "2", "--eval-every", "3", "--eval-samples", "100",
                     "--quiet", "--resume", "auto", "--out", folder / name});
  };
  const Ran unbroken = test::run("gan-train", into("straight"));
  ASSERT_EQ(unbroken.code, 0) << unbroken.err;
  int kills = 0;
  // Each kill comes later than a checkpoint takes, so that the run advances; the first come before any file is written.
  for (int number = 1; kills < 10; number = 1 + (number + 7) % 23, ++kills) {
    const Ran ran = train_killed_at(number, into("killed"));
    ASSERT_EQ(ran.code, 137) << "sitting " << kills << ": " << ran.err;
  }
  const Ran last = test::run("gan-train", into("killed"));
  ASSERT_EQ(last.code, 0) << last.err;
  EXPECT_EQ(left_by(folder / "killed"), left_by(folder / "straight"));

  const Ran again = test::run("gan-train", into("killed"));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("done       at step "));
  EXPECT_EQ(left_by(folder / "killed"), left_by(folder / "straight"));
}

TEST(GanTrainKill, RunsKilledAtRandomInstantsEndAsTheOneNeverKilled) {
  const Ran ran =
      test::run(fs::path(GAN_SOURCE_DIR) / "scripts/crash_test.sh", {"20", fs::path(GAN_BINARY_DIR) / "gan-train"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("20 kills"));
}

}  // namespace
}  // namespace gan
