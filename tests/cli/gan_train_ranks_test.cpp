// Several processes that torchrun or the environment makes ranks of one run.

#include <cstdlib>
#include <list>
#include <random>
#include <thread>

#include "cli/gan_train.h"
#include "gan/dist/group.h"
#include "support/ranks.h"

namespace gan {
namespace {

using test::Process;
using test::Ran;
using test::sha256_of;
using test::TemporaryFolder;
using test::tiny_run;
using testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path kProgram = fs::path(GAN_BINARY_DIR) / "gan-train";

/// Runs `program` under torchrun.
Ran torchrun(int ranks, const std::vector<std::string>& program, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"-m",
                                     "torch.distributed.run",
                                     "--no-python",
                                     "--nproc-per-node",
                                     std::to_string(ranks),
                                     "--master-port",
                                     std::to_string(test::free_port())};
  arguments.insert(arguments.end(), more.begin(), more.end());
  arguments.insert(arguments.end(), program.begin(), program.end());
  return test::run(GAN_TEST_PYTHON, arguments);
}

std::vector<std::string> command(const std::vector<std::string>& more) {
  std::vector<std::string> all{kProgram};
  const std::vector<std::string> arguments = tiny_run(more);
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

/// The ranks of a run, as torchrun would start them.
class RunningRanks {
 public:
  RunningRanks(const std::vector<std::vector<std::string>>& arguments_of_each,
               const std::vector<fs::path>& working_folders = {}) {
    const std::string port = std::to_string(test::free_port()), size = std::to_string(arguments_of_each.size());
    for (const auto& arguments : arguments_of_each) {
      const std::string rank = std::to_string(processes_.size());
      std::vector<std::string> all{"RANK=" + rank,          "LOCAL_RANK=" + rank,  "WORLD_SIZE=" + size,
                                   "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + port, kProgram};
      all.insert(all.end(), arguments.begin(), arguments.end());
      if (!working_folders.empty()) {
        all.insert(all.begin(), {"--chdir", working_folders[processes_.size()]});
      }
      processes_.emplace_back("/usr/bin/env", all);
    }
  }
  Process& operator[](size_t rank) { return *std::next(processes_.begin(), static_cast<int64_t>(rank)); }
  std::vector<Ran> wait() {
    std::vector<Ran> ran;
    for (Process& process : processes_) ran.push_back(process.wait());
    return ran;
  }

 private:
  std::list<Process> processes_;
};

RunningRanks two(const std::vector<std::string>& arguments) {
  return RunningRanks({arguments, arguments});
}

TEST(GanTrainRanks, TorchrunsRanksTrainOneRunWhichResumesExactly) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  const TemporaryFolder folder;
  const auto into = [&](const char* name) { return (folder / name).string(); };
  const Ran straight = torchrun(2, command({"--out", into("straight")}));
  ASSERT_EQ(straight.code, 0) << straight.err;
  EXPECT_THAT(straight.err, HasSubstr("2 processes, writing to"));
  EXPECT_EQ(test::names_in(folder / "straight/checkpoints").back(), "step-000006.pt");
  const Ran half = torchrun(2, command({"--out", into("half"), "--steps", "3"}));
  ASSERT_EQ(half.code, 0) << half.err;
  const Ran resumed = torchrun(2, {kProgram, "--resume", into("half"), "--steps", "6"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_NE(sha256_of(straight), "");
  EXPECT_EQ(sha256_of(resumed), sha256_of(straight));
  EXPECT_THAT(resumed.err, testing::Not(HasSubstr("bits differ")));
}

TEST(GanTrainRanks, ARunOfFourGoesOnAloneWithAWarning) {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments = tiny_run({"--out", folder / "run", "--quiet"});
  for (const Ran& ran : RunningRanks({arguments, arguments, arguments, arguments}).wait()) EXPECT_EQ(ran.code, 0);
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--steps", "8"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("processes: 4 -> 1"));
  EXPECT_THAT(ran.out, HasSubstr("trained    8 steps"));
}

TEST(GanTrainRanks, WhatIsWrongIsSaidOnceAndNothingIsCreated) {
  const TemporaryFolder folder;
  const auto refused = [&](std::vector<std::string> first, std::vector<std::string> second) {
    for (auto* arguments : {&first, &second}) arguments->insert(arguments->end(), {"--out", folder / "run"});
    const std::vector<Ran> ran = RunningRanks({tiny_run(first), tiny_run(second)}).wait();
    for (const Ran& one : ran) EXPECT_EQ(one.code, 2) << one.err;
    EXPECT_EQ(ran[1].err, "");
    EXPECT_EQ(test::lines_of(ran[0].err).size(), 1u) << ran[0].err;
    EXPECT_FALSE(fs::exists(folder / "run"));
    return ran[0].err;
  };
  EXPECT_THAT(refused({"--batch-size", "7", "--quiet"}, {"--batch-size", "7", "--quiet"}),
              HasSubstr("--batch-size: expected a multiple of 2, as many processes share it, got 7"));
  EXPECT_THAT(refused({"--quiet"}, {"--quiet", "--seed", "5"}), HasSubstr("rank 1 of 2: other options than rank 0's:"));
  EXPECT_THAT(refused({"--quiet", "--data", folder / "nothing"}, {"--quiet", "--data", folder / "nothing"}),
              HasSubstr("no such folder or file"));
  EXPECT_THAT(refused({"--quiet", "--batch-size", "2"}, {"--quiet", "--batch-size", "2"}),
              HasSubstr("--batch-size: expected 4 or more for 2 processes, got 2 (--sync-batch-norm takes fewer)"));
  const std::vector<Ran> timed = two(tiny_run({"--bench"})).wait();
  EXPECT_EQ(timed[0].err, "gan-train: error: --bench: for one process, not for 2 (--no-dist leaves each to itself)\n");
  EXPECT_EQ(timed[1].code, 2);
}

TEST(GanTrainRanks, ARankWithOtherImagesAtTheSamePathIsRefused) {
  const TemporaryFolder folder;
  for (const char* host : {"first", "second"}) {
    fs::create_directories(folder / host);
    fs::copy(test::mnist_tiny(), folder / host / "data", fs::copy_options::recursive);
  }
  const fs::path images = folder / "second/data/train-images-idx3-ubyte.gz";
  ASSERT_TRUE(fs::exists(images));
  fs::remove(images);
  fs::copy_file(fs::path(test::mnist_tiny()) / "t10k-images-idx3-ubyte.gz", images);
  fs::copy_file(fs::path(test::mnist_tiny()) / "t10k-labels-idx1-ubyte.gz",
                folder / "second/data/train-labels-idx1-ubyte.gz", fs::copy_options::overwrite_existing);
  const std::vector<std::string> arguments = test::tiny_run_on("data", {"--quiet", "--out", "run"});
  const std::vector<Ran> ran = RunningRanks({arguments, arguments}, {folder / "first", folder / "second"}).wait();
  EXPECT_EQ(ran[0].code, 2);
  EXPECT_EQ(ran[0].err, "gan-train: error: rank 1 of 2: --data: data holds other images than rank 0's\n");
  EXPECT_EQ(ran[1].code, 2);
  EXPECT_EQ(ran[1].err, "");
  for (const char* host : {"first", "second"}) EXPECT_THAT(test::names_in(folder / host), testing::ElementsAre("data"));
}

TEST(GanTrainRanks, ASignalToOneStopsAllAfterTheSameStep) {
  const TemporaryFolder folder;
  RunningRanks ranks = two(test::endless(folder / "run"));
  ranks[0].wait_for("epoch 1/");
  ranks[1].signal(SIGTERM);
  const std::vector<Ran> ran = ranks.wait();
  for (const Ran& one : ran) EXPECT_EQ(one.code, 128 + SIGTERM) << one.err;
  EXPECT_THAT(ran[0].err, HasSubstr("stopped (Terminated) after step "));
}

TEST(GanTrainRanks, RanksKilledAtRandomInstantsEndAsTheOnesNeverKilled) {
  const TemporaryFolder folder;
  const auto into = [&](const char* name) {
    return tiny_run({"--steps", "300", "--log-every", "5", "--checkpoint-every", "10", "--sample-every", "50",
                     "--resume", "auto", "--out", folder / name});
  };
  for (const Ran& ran : two(into("straight")).wait()) ASSERT_EQ(ran.code, 0) << ran.err;
  std::mt19937 random(1);
  constexpr int kKills = 10, kLongest = 400;  // ms
  for (int kill = 0; kill < kKills; ++kill) {
    RunningRanks ranks = two(into("broken"));
    ranks[0].wait_for("writing to");  // before, the other would wait for it to come
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % kLongest));
    const size_t killed = kill % 2, other = 1 - killed;
    ranks[killed].signal(SIGKILL);
    const std::vector<Ran> ran = ranks.wait();
    EXPECT_EQ(ran[other].code, 1) << ran[other].err;
    EXPECT_THAT(ran[other].err, HasSubstr("error: rank " + std::to_string(killed) + " of 2")) << kill;
  }
  for (const Ran& ran : two(into("broken")).wait()) ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(test::slurp(folder / "broken/g.pt"), test::slurp(folder / "straight/g.pt"));
  EXPECT_EQ(test::names_in(folder / "broken/samples"), test::names_in(folder / "straight/samples"));
}

TEST(GanTrainRanks, TorchrunStartsAgainWhatOneOfThemBroke) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  const TemporaryFolder folder;
  const auto run = [&](const char* name, const std::string& before) {
    std::vector<std::string> program{"/bin/bash", "-c", before + " exec \"$@\"", "ranks"};
    const std::vector<std::string> own =
        command({"--steps", "150", "--checkpoint-every", "10", "--quiet", "--resume", "auto", "--out", folder / name});
    program.insert(program.end(), own.begin(), own.end());
    return torchrun(2, program, {"--max-restarts", "3", "--monitor-interval", "0.2"});
  };
  const Ran straight = run("straight", "");
  ASSERT_EQ(straight.code, 0) << straight.err;
  const Ran broken =
      run("broken", "if [[ $RANK$TORCHELASTIC_RESTART_COUNT == 10 ]]; then set -- timeout -s KILL 1 \"$@\"; fi;");
  ASSERT_EQ(broken.code, 0) << broken.err;
  EXPECT_EQ(test::slurp(folder / "broken/g.pt"), test::slurp(folder / "straight/g.pt"));
}

TEST(GanTrainRanks, NoDistTrainsAloneUnderALauncher) {
  const TemporaryFolder folder;
  const Ran ran = test::run("/usr/bin/env", {"RANK=1", "WORLD_SIZE=2", "MASTER_ADDR=127.0.0.1", "MASTER_PORT=1",
                                             kProgram, "--no-dist", "--data", test::mnist_tiny(), "--steps", "2",
                                             "--base-channels", "2", "--batch-size", "8", "--out", folder / "run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("trained    2 steps"));
}

}  // namespace
}  // namespace gan
