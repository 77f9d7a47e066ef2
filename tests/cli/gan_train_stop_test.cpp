// What stops or disturbs a run while it trains: signals, folders that go, full disks, losses that diverge.

#include "cli/gan_train.h"

#include <chrono>
#include <cstring>
#include <thread>

namespace gan {
namespace {

using test::endless;
using test::Ran;
using test::TemporaryFolder;
using test::tiny_run;
using test::train;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace fs = std::filesystem;

TEST(GanTrainStop, ASignalEndsItAfterTheStepWithACheckpoint) {
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}, {SIGHUP, 129}, {SIGUSR1, 138}}) {
    const TemporaryFolder folder;
    test::Process process("gan-train", endless(folder / "run"));
    process.wait_for("epoch 1/");
    process.signal(signal);
    const Ran ran = process.wait();
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("trained "));
    EXPECT_THAT(ran.err, HasSubstr(std::string("stopped (") + ::strsignal(signal) + ") after step "));
    const std::string step =
        ran.out.substr(ran.out.find("trained") + 11, ran.out.find(" steps") - 11 - ran.out.find("trained"));
    EXPECT_THAT(test::run("gan-train", {"--resume", folder / "run", "--max-minutes", "1e-9"}).err,
                HasSubstr("resumed at step " + step + "\n"));
  }
}

TEST(GanTrainStop, ASignalAmidAnEvaluationEndsItThereAndTheResumeJudges) {
  const TemporaryFolder folder;
  const fs::path run = folder / "run";
  test::Process process("gan-train", tiny_run({"--steps", "1", "--eval-every", "1", "--eval-samples", "100000", "--out",
                                               run.string()}));                     // takes half a minute to judge
  for (int i = 0; i < 6000 && !fs::exists(run / "samples/step-000001.png"); ++i) {  // the grid comes just before
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait().code, 143);
  EXPECT_THAT(test::slurp(run / "metrics.jsonl"), Not(HasSubstr("mnist_fd")));
  EXPECT_EQ(test::run("gan-train", {"--resume", run, "--eval-samples", "100"}).code, 0);
  EXPECT_THAT(test::slurp(run / "metrics.jsonl"), HasSubstr("mnist_fd"));
}

TEST(GanTrainStop, ASignalTellsWhereItStandsAndTheCommandThatGoesOn) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "it's mine");
  test::Process process("gan-train", endless(folder / "it's mine/run"));
  process.wait_for("epoch 1/");
  process.signal(SIGTERM);
  const std::string told = process.wait().err;
  const std::string log = test::slurp(folder / "it's mine/run/log.txt");
  const auto after = [](const std::string& text, const std::string& mark) {
    const size_t at = text.find(mark);
    EXPECT_NE(at, std::string::npos) << text;
    return text.substr(std::min(at, text.size() - mark.size()) + mark.size(), text.find('\n', at) - at - mark.size());
  };
  const std::string checkpoint = after(told, "; saved as "), command = after(told, "to go on: ");
  EXPECT_TRUE(fs::exists(checkpoint)) << told;
  EXPECT_THAT(told, testing::ContainsRegex("stopped \\(Terminated\\) after step [0-9]+ in epoch [0-9]+; saved as "));
  EXPECT_EQ(after(log, "; saved as "), checkpoint);
  EXPECT_EQ(after(log, "to go on: "), command);
  EXPECT_THAT(test::run("/bin/bash", {"-c", command + " --max-minutes 1e-9"}).err, HasSubstr("resumed at step "));
}

TEST(GanTrainStop, ASecondSignalEndsItAmidTheStepWithItsCheckpointsWhole) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run", {"--batch-size", "512", "--base-channels", "64", "--steps", "1"}).code, 0);
  test::Process process("gan-train", {"--resume", folder / "run", "--steps", "100"});  // steps of seconds
  process.wait_for("writing to");
  process.signal(SIGINT);
  process.signal(SIGTERM);
  const Ran ran = process.wait();
  EXPECT_THAT(ran.code, testing::AnyOf(130, 143));
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(test::run("gan-train", {"--resume", folder / "run", "--max-minutes", "1e-9"}).err,
              HasSubstr("resumed at step 1\n"));
}

TEST(GanTrainStop, ASecondRunOnAFolderIsToldWhichProcessHasIt) {
  const TemporaryFolder folder;
  test::Process first("gan-train", endless(folder / "run"));
  first.wait_for("epoch 1/");
  const std::string holder = test::slurp(folder / "run/lock");
  const Ran second = test::run("gan-train", {"--resume", folder / "run"});
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.err, HasSubstr("run/lock: held by process " + holder.substr(0, holder.size() - 1)));
  first.signal(SIGKILL);
  first.wait();
  EXPECT_EQ(test::run("gan-train", {"--resume", folder / "run", "--max-minutes", "1e-9"}).code, 0);
}

TEST(GanTrainStop, AFolderThatGoesAndComesBackCostsOnlyTheCheckpointsBetween) {
  const TemporaryFolder folder;
  test::Process process("gan-train", endless(folder / "run"));
  process.wait_for("epoch 1/");
  fs::rename(folder / "run/checkpoints", folder / "aside");
  process.wait_for("cannot write: No such file or directory; training goes on");
  fs::rename(folder / "aside", folder / "run/checkpoints");
  process.wait_for("checkpoints work again");
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait().code, 143);
}

TEST(GanTrainStop, ARunWhoseFolderIsRemovedTrainsOnAndFails) {
  const TemporaryFolder folder;
  test::Process process("gan-train", endless(folder / "run"));
  process.wait_for("epoch 1/");
  fs::rename(folder / "run", folder / "gone");
  process.wait_for("training goes on");
  process.signal(SIGTERM);
  const Ran ran = process.wait();
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("error: the last checkpoint could not be written"));
  EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST(GanTrainStop, AFileSizeLimitFailsTheRunAndLeavesEarlierCheckpointsWhole) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run", {"--checkpoint-every", "4"}).code, 0);
  fs::remove(folder / "run/checkpoints/step-000006.pt");
  const std::string before = test::slurp(folder / "run/checkpoints/step-000004.pt");
  const Ran ran = test::run("/bin/bash", {"-c", "ulimit -f 16; exec \"$0\" --resume \"$1\"",
                                          fs::path(GAN_BINARY_DIR) / "gan-train", folder / "run"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("g.pt: cannot write: File too large; training goes on"));
  EXPECT_THAT(ran.err, HasSubstr("error: the last checkpoint could not be written"));
  EXPECT_THAT(test::names_in(folder / "run/checkpoints"), testing::ElementsAre("step-000004.pt"));
  EXPECT_EQ(test::slurp(folder / "run/checkpoints/step-000004.pt"), before);
  EXPECT_EQ(test::run("gan-train", {"--resume", folder / "run"}).code, 0);
}

TEST(GanTrainStop, LossesThatAreNotFiniteFailTheRunInOneLine) {
  const TemporaryFolder folder;
  const Ran ran = test::run("gan-train", {"--arch", "mlp", "--data", test::mnist_tiny(), "--out", folder / "run",
                                          "--batch-size", "8", "--optimizer", "sgd", "--lr", "1000", "--loss", "lsgan",
                                          "--steps", "50", "--quiet", "--on-nan", "stop"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, StartsWith("gan-train: error: step "));
  EXPECT_THAT(ran.err, HasSubstr("finite"));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

}  // namespace
}  // namespace gan
