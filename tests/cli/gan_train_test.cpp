// gan-train as a user runs it.

#include <chrono>
#include <cstring>
#include <thread>

#include "gan/base/archive.h"
#include "gan/data/idx.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace fs = std::filesystem;

/// Arguments of a run of a second on the digits in the repository, and more.
std::vector<std::string> tiny_run(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--data",          test::mnist_tiny(),
                                     "--base-channels", "2",
                                     "--batch-size",    "8",
                                     "--steps",         "6",
                                     "--grid",          "2x2",
                                     "--threads",       "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The same on other data.
std::vector<std::string> tiny_run_on(const std::string& data, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = tiny_run(more);
  arguments[1] = data;
  return arguments;
}

Ran train(const fs::path& out, std::vector<std::string> more = {}, const fs::path& working_folder = ".") {
  if (!out.empty()) more.insert(more.end(), {"--out", out.string()});
  return test::run("gan-train", tiny_run(more), working_folder);
}

/// Wrong use or bad input: exit 2, nothing on stdout, one line on stderr with `expected` in it, nothing created.
void expect_refusal(const std::vector<std::string>& arguments, const std::string& expected) {
  const TemporaryFolder folder;
  const Ran ran = test::run("gan-train", arguments, folder.path());
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, StartsWith("gan-train: error: "));
  EXPECT_THAT(ran.err, HasSubstr(expected));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(GanTrain, LeavesARunAndNamesItOnStdout) {
  const TemporaryFolder folder;
  const Ran ran = train(folder / "run", {"--log-every", "3"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  for (const char* name : {"options.toml", "metrics.jsonl", "log.txt", "real.png", "g.pt", "samples/step-000000.png",
                           "samples/step-000006.png", "checkpoints/step-000006.pt"}) {
    EXPECT_TRUE(fs::exists(folder / "run" / name)) << name;
  }
  EXPECT_THAT(ran.out, HasSubstr("generator  " + (folder / "run/g.pt").string() + "\n"));
  EXPECT_THAT(ran.out, testing::ContainsRegex("sha256     [0-9a-f]{64}\n"));
  EXPECT_THAT(ran.err, HasSubstr("conv2 (ConvTranspose2d)"));
  EXPECT_THAT(ran.err, HasSubstr("epoch 1/1 step 3/6 | "));
}

TEST(GanTrain, AnAutomaticPrecisionIsOneOrTheOtherInWhatTheRunLeaves) {
  const TemporaryFolder folder;
  EXPECT_EQ(train(folder / "run", {"--precision", "auto"}).code, 0);
  EXPECT_THAT(test::slurp(folder / "run/options.toml"), testing::ContainsRegex("precision = \"(fp32|bf16)\""));
}

TEST(GanTrain, AnAutomaticPrecisionAtAResumeIsTheRunsOwn) {
  const TemporaryFolder folder;
  EXPECT_EQ(train(folder / "run").code, 0);
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--steps", "8", "--precision", "auto"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(test::slurp(folder / "run/options.toml"), HasSubstr("precision = \"fp32\""));
}

TEST(GanTrain, ABenchLeavesNothingAndGoesWithNoFolder) {
  expect_refusal({"--bench", "--out", "run"}, "--bench: trains aside and leaves nothing");
  expect_refusal({"--bench", "--dry-run"}, "--bench: trains aside and leaves nothing");
  expect_refusal({"--bench", "--verify-resume", "10"}, "--verify-resume: trains aside");
}

TEST(GanTrain, NumbersItsRunsInTheFolderRuns) {
  const TemporaryFolder folder;
  EXPECT_EQ(train("", {}, folder.path()).code, 0);
  EXPECT_EQ(train("", {"--recipe", "mlp"}, folder.path()).code, 0);
  EXPECT_TRUE(fs::exists(folder / "runs/00000-dcgan/g.pt"));
  EXPECT_TRUE(fs::exists(folder / "runs/00001-mlp/g.pt"));
}

TEST(GanTrain, OptionsTomlReplaysTheRun) {
  const TemporaryFolder folder;
  const Ran first = train(folder / "a", {"--seed", "7", "--d-lr", "3e-4", "--loss", "lsgan"});
  ASSERT_EQ(first.code, 0) << first.err;
  const Ran replay = test::run("gan-train", {"--config", folder / "a/options.toml", "--out", folder / "b"});
  ASSERT_EQ(replay.code, 0) << replay.err;
  EXPECT_EQ(test::slurp(folder / "a/options.toml"), test::slurp(folder / "b/options.toml"));
  const auto sha = [](const Ran& ran) { return ran.out.substr(ran.out.find("sha256"), 80); };
  EXPECT_EQ(sha(first), sha(replay));
}

TEST(GanTrain, AFlagWinsOverTheFileAndTheFileOverTheRecipe) {
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "arch = \"mlp\"\nbatch-size = 16  # a comment\ng-lr = 0.5\njoined-batch = false\n");
  const Ran ran = test::run("gan-train",
                            {"--config", folder / "c.toml", "--lr", "0.25", "--data", test::mnist_tiny(), "--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  for (const char* line : {"recipe = \"mlp\"\n", "batch-size = 16\n", "g-lr = 0.25\n", "d-lr = 0.25\n",
                           "joined-batch = false\n", "sampling = \"replacement\"\n"}) {
    EXPECT_THAT(ran.out, HasSubstr(line));
  }
}

TEST(GanTrain, AFlagForOnePlayerWinsOverTheOneForBoth) {
  const Ran ran = test::run("gan-train", {"--g-lr", "0.1", "--lr", "0.2", "--data", test::mnist_tiny(), "--dry-run"});
  EXPECT_THAT(ran.out, HasSubstr("g-lr = 0.1\n"));
  EXPECT_THAT(ran.out, HasSubstr("d-lr = 0.2\n"));
}

TEST(GanTrain, ArchAloneTakesTheRecipeOfThatName) {
  const Ran ran = test::run("gan-train", {"--arch", "upconv", "--data", test::mnist_tiny(), "--dry-run"});
  EXPECT_THAT(ran.out, HasSubstr("recipe = \"upconv\"\n"));
  EXPECT_THAT(ran.out, HasSubstr("g-optimizer = \"sgd\"\n"));
}

TEST(GanTrain, DryRunCreatesNothing) {
  const TemporaryFolder folder;
  const Ran ran = train("", {"--dry-run"}, folder.path());
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("Total parameters: "));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(GanTrain, QuietLeavesStderrEmpty) {
  const TemporaryFolder folder;
  EXPECT_EQ(train(folder / "run", {"--quiet"}).err, "");
}

TEST(GanTrain, TellsVersionHelpAndRecipesWithoutData) {
  EXPECT_THAT(test::run("gan-train", {"--version"}).out,
              testing::MatchesRegex("gan-train 0\\.1\\.0 \\(LibTorch 2\\.[0-9.]+.*\\)\n"));
  EXPECT_THAT(test::run("gan-train", {"--help-all"}).out, HasSubstr("--label-smoothing"));
  const Ran recipes = test::run("gan-train", {"--list-recipes"});
  EXPECT_EQ(recipes.code, 0);
  EXPECT_THAT(recipes.out, HasSubstr("mlp-smooth"));
}

TEST(GanTrain, GoesOnFromAKilledRun) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "straight", {"--seed", "3", "--checkpoint-every", "2"}).code, 0);
  ASSERT_EQ(train(folder / "broken", {"--seed", "3", "--checkpoint-every", "2", "--steps", "4"}).code, 0);
  const Ran resumed = test::run("gan-train", {"--resume", folder / "broken", "--steps", "6"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed at step 4"));
  EXPECT_EQ(test::slurp(folder / "straight/samples/step-000006.png"),
            test::slurp(folder / "broken/samples/step-000006.png"));
}

TEST(GanTrain, RefusesToResumeWithOtherSettings) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--batch-size", "16", "--loss", "hinge"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("batch-size: 8 -> 16, loss: nonsaturating -> hinge"));
}

TEST(GanTrain, NamesTheFetchScriptWhereDataIsMissing) {
  expect_refusal({},
                 "data/mnist: no such folder or file (fetch MNIST with scripts/fetch_data.sh mnist, or try --data "
                 "data/mnist-tiny)");
}

TEST(GanTrain, RefusesWhatIsNotIdx) {
  const TemporaryFolder folder;
  test::spill(folder / "text", "these are not digits, by far");
  expect_refusal({"--data", folder / "text"}, "not an IDX file");
}

TEST(GanTrain, TrainsOnImagesWhoseLabelsAreDamaged) {
  const TemporaryFolder folder;
  fs::copy(test::mnist_tiny() / "train-images-idx3-ubyte.gz", folder.path());
  test::spill(folder / "train-labels-idx1-ubyte.gz", "no labels");
  const Ran ran = test::run("gan-train", tiny_run_on(folder.path(), {"--dry-run"}));
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(GanTrain, TransposedImagesTrainAsFilesThatHoldThemSo) {
  const TemporaryFolder folder;
  fs::copy(test::mnist_tiny() / "train-images-idx3-ubyte.gz", folder / "a.gz");
  write_idx(folder / "b", read_idx_images(folder / "a.gz").transpose(2, 3));
  const auto sha = [](const Ran& ran) { return ran.out.substr(std::min(ran.out.find("sha256"), ran.out.size()), 75); };
  const Ran turned = test::run("gan-train", tiny_run_on(folder / "a.gz", {"--transpose", "--out", folder / "turned"})),
            plain = test::run("gan-train", tiny_run_on(folder / "b", {"--out", folder / "plain"}));
  EXPECT_EQ(turned.code, 0) << turned.err;
  EXPECT_EQ(sha(turned), sha(plain));
  EXPECT_EQ(test::slurp(folder / "turned/real.png"), test::slurp(folder / "plain/real.png"));
  EXPECT_THAT(test::slurp(folder / "turned/options.toml"), HasSubstr("transpose = true\n"));
  EXPECT_THAT(test::run("gan-train", {"--resume", folder / "turned", "--no-transpose"}).err,
              HasSubstr("a run cannot change its settings: transpose: true -> false"));
}

TEST(GanTrain, RefusesImagesTheNetworkCannotMake) {
  const TemporaryFolder folder;
  test::spill(folder / "small", std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x01\x01\x02", 18));
  expect_refusal({"--data", folder / "small"}, "--arch dcgan makes images of 28x28 or 32x32 pixels");
}

TEST(GanTrain, RefusesABatchLargerThanTheData) {
  expect_refusal({"--data", test::mnist_tiny(), "--batch-size", "1001"},
                 "--batch-size: expected at most the number of images, 1000, got 1001");
}

TEST(GanTrain, RefusesWordsAndNumbersOutOfTheirChoice) {
  const std::string data = test::mnist_tiny();
  expect_refusal({"--data", data, "--recipe", "biggan"},
                 "--recipe: expected dcgan|dcgan-wide|upconv|mlp|mlp-smooth, got 'biggan'");
  expect_refusal({"--data", data, "--arch", "dcgan-wide"}, "--arch: expected dcgan|upconv|mlp, got 'dcgan-wide'");
  expect_refusal({"--data", data, "--lr", "fast"}, "--lr: expected a number, got 'fast'");
  expect_refusal({"--data", data, "--epochs", "0"}, "--epochs: expected 1 to ");
  expect_refusal({"--data", data, "--grid", "8"}, "--grid: expected rows x columns");
  expect_refusal({"--data", data, "--device", "tpu"}, "--device: expected auto, cpu, cuda or cuda:N, got 'tpu'");
  expect_refusal({"--data", data, "--device", "cuda:77"}, "--device cuda:77: ");
  expect_refusal({"--data", data, "--loops", "3"}, "--loops");
  expect_refusal({"--data", data, "--epochs"}, "--epochs");
}

TEST(GanTrain, AMisspeltFlagOrWordIsAnsweredWithTheOneThatIsMeant) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> misspelt{
      {{"--epoch", "3"}, "--epoch: there is no such flag (did you mean --epochs?)"},
      {{"--reciep", "mlp"}, "--reciep: there is no such flag (did you mean --recipe?)"},
      {{"--batch_size=3"}, "--batch_size: there is no such flag (did you mean --batch-size?)"},
      {{"-epochs", "3"}, "-epochs: there is no such flag (did you mean --epochs?)"},
      {{"--no-grap"}, "--no-grap: there is no such flag (did you mean --no-graph?)"},
      {{"epochs", "3"}, "'epochs': expected a flag (did you mean --epochs?)"},
      {{"--zzz"}, "--zzz: there is no such flag (gan-train --help-all lists the flags)"},
      {{"--recipe", "dcgam"}, "got 'dcgam' (did you mean dcgan?)"},
      {{"--arch", "dcgna"}, "got 'dcgna' (did you mean dcgan?)"},
      {{"--loss", "hing"}, "got 'hing' (did you mean hinge?)"},
      {{"--d-optimizer", "adm"}, "--d-optimizer: expected adam|sgd|rmsprop, got 'adm' (did you mean adam?)"}};
  for (const auto& [arguments, expected] : misspelt) expect_refusal(arguments, expected + "\n");
}

TEST(GanTrain, AValueForBothPlayersIsRefusedByTheFlagThatWasGiven) {
  for (const auto& [flag, value] : {std::pair{"--lr", "-1"},
                                    {"--beta1", "1"},
                                    {"--beta2", "1"},
                                    {"--epsilon", "2"},
                                    {"--momentum", "1"},
                                    {"--rms-decay", "1"}}) {
    const std::string name = flag;
    expect_refusal({name, value}, "error: " + name + ": expected 0 to ");
    expect_refusal({"--g-" + name.substr(2), value}, "error: --g-" + name.substr(2) + ": expected 0 to ");
  }
  expect_refusal({"--optimizer", "sgd", "--nesterov"}, "error: --nesterov: Nesterov's method needs");
  expect_refusal({"--d-optimizer", "sgd", "--nesterov"}, "error: --d-nesterov: Nesterov's method needs");
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "seed = 1\nbeta1 = 1\n");
  expect_refusal({"--config", folder / "c.toml"}, "line 2: --beta1: expected 0 to ");
}

TEST(GanTrain, RefusesAnUnknownKeyInAConfigFile) {
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "batch-size = 64\nlearning-rate = 3\n");
  expect_refusal({"--config", folder / "c.toml"}, "learning-rate");
  expect_refusal({"--config", folder / "none.toml"}, "none.toml: no such file");
  expect_refusal({"--config", folder.path()}, "expected a file, got a folder");
}

TEST(GanTrain, RefusesASwitchThatIsNeitherOnNorOff) {
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "joined-batch = maybe\n");
  expect_refusal({"--config", folder / "c.toml"}, "line 1: expected a number, true, false or a text in quotes");
  expect_refusal({"--joined-batch=maybe"}, "a switch takes true or false");
}

TEST(GanTrain, RefusesAnEmptyPath) {
  expect_refusal({"--resume", ""}, "--resume: expected a path, got nothing");
  expect_refusal({"--data", "stacked-mnist:"}, "--data: expected a path, got nothing");
  expect_refusal({"--out", "", "--data", test::mnist_tiny()}, "--out: expected a path, got nothing");
}

TEST(GanTrain, ARunOutOfTimeAtOnceStillLeavesAGenerator) {
  const TemporaryFolder folder;
  EXPECT_EQ(train(folder / "run", {"--max-minutes", "1e-9"}).code, 0);
  EXPECT_TRUE(fs::exists(folder / "run/g.pt"));
  EXPECT_EQ(test::run("gan-train", {"--resume", folder / "run", "--steps", "2", "--max-minutes", "0"}).code, 0);
}

TEST(GanTrain, ARecipeNamedInTheFileIsTakenAlsoWhereItIsTheDefault) {
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "recipe = \"dcgan\"\narch = \"mlp\"\n");
  const Ran ran = test::run("gan-train", {"--config", folder / "c.toml", "--data", test::mnist_tiny(), "--dry-run"});
  EXPECT_THAT(ran.out, HasSubstr("recipe = \"dcgan\"\narch = \"mlp\"\n"));
  EXPECT_THAT(ran.out, HasSubstr("sampling = \"epoch\"\n"));
}

TEST(GanTrain, RefusesAFolderItCannotUse) {
  const TemporaryFolder folder;
  test::spill(folder / "file", "");
  expect_refusal({"--data", test::mnist_tiny(), "--out", folder / "file"}, "--out: ");
  expect_refusal({"--data", test::mnist_tiny(), "--out", "/proc/run"}, "--out: /proc/run");
  expect_refusal({"--data", test::mnist_tiny(), "--out", folder.path()}, "the folder is not empty");
}

TEST(GanTrain, RefusesToResumeWhereThereIsNothing) {
  const TemporaryFolder folder;
  expect_refusal({"--resume", folder / "none"}, "--resume: ");
  expect_refusal({"--resume", folder.path()}, "no run in this folder");
  expect_refusal({"--fork", folder / "none"}, "--fork: " + (folder / "none").string() + ": no such folder");
  expect_refusal({"--fork", folder.path()}, "--fork: " + folder.path().string() + ": no run in this folder");
  test::spill(folder / "g.pt", "");
  expect_refusal({"--fork", folder / "g.pt"}, "--fork: " + (folder / "g.pt").string() + ": expected a run's folder");
  expect_refusal({"--resume", folder / "g.pt"}, "expected a run's folder, got a file");
}

// ---- What goes wrong while it runs ------------------------------------------------------------

/// The arguments of a run that lasts until it is stopped.
std::vector<std::string> endless(const fs::path& out) {
  return {"--data",
          test::mnist_tiny(),
          "--base-channels",
          "2",
          "--batch-size",
          "8",
          "--steps",
          "1000000",
          "--log-every",
          "20",
          "--grid",
          "2x2",
          "--checkpoint-every",
          "40",
          "--out",
          out,
          "--threads",
          "1"};
}

TEST(GanTrain, ASignalEndsItAfterTheStepWithACheckpoint) {
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

TEST(GanTrain, ASignalAmidAnEvaluationEndsItThereAndTheResumeJudges) {
  const TemporaryFolder folder;
  const fs::path run = folder / "run";
  test::Process process("gan-train", tiny_run({"--steps", "1", "--eval-every", "1", "--eval-samples", "100000", "--out",
                                               run.string()}));                     // half a minute of judging
  for (int i = 0; i < 6000 && !fs::exists(run / "samples/step-000001.png"); ++i) {  // the grid comes just before
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait().code, 143);
  EXPECT_THAT(test::slurp(run / "metrics.jsonl"), Not(HasSubstr("mnist_fd")));
  EXPECT_EQ(test::run("gan-train", {"--resume", run, "--eval-samples", "100"}).code, 0);
  EXPECT_THAT(test::slurp(run / "metrics.jsonl"), HasSubstr("mnist_fd"));
}

TEST(GanTrain, ASignalTellsWhereItStandsAndTheCommandThatGoesOn) {
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

TEST(GanTrain, ANewRunExplainsItsNumbersOnceAsItsLossHasThem) {
  const TemporaryFolder folder;
  const std::string probable = "d_real, d_fake: how real D finds images, samples, 0 to 1 (0.5: it cannot tell)\n";
  EXPECT_THAT(train(folder / "a").err, AllOf(HasSubstr(probable), HasSubstr("\nd_loss, g_loss: "), HasSubstr("_fd: ")));
  const Ran hinge = train(folder / "b", {"--loss", "hinge", "--eval-every", "0"});
  EXPECT_THAT(hinge.err, AllOf(HasSubstr("finds images, samples (alike: it cannot tell)\n"), Not(HasSubstr("_fd: "))));
  EXPECT_THAT(test::run("gan-train", {"--resume", folder / "a"}).err, Not(HasSubstr("d_real, d_fake: ")));
}

TEST(GanTrain, JudgingManySamplesAmidATrainingTakesLittleMemory) {
  const TemporaryFolder folder;
  const auto peak = [&](const std::string& samples) {
    const Ran ran = train(folder / samples, {"--steps", "1", "--eval-every", "1", "--eval-samples", samples});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.peak_bytes;
  };
  const int64_t few = peak("100");
  EXPECT_LT(peak("12000") - few, int64_t{400} << 20);  // scattered it would be 630 MB
}

TEST(GanTrain, ASecondSignalEndsItAmidTheStepWithItsCheckpointsWhole) {
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

TEST(GanTrain, ASecondRunOnAFolderIsToldWhichProcessHasIt) {
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

TEST(GanTrain, AFolderThatGoesAndComesBackCostsOnlyTheCheckpointsBetween) {
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

TEST(GanTrain, ARunWhoseFolderIsRemovedTrainsOnAndFails) {
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

TEST(GanTrain, AFileSizeLimitFailsTheRunAndLeavesEarlierCheckpointsWhole) {
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

TEST(GanTrain, ADamagedCheckpointIsNamedAndTheOneBeforeItUsed) {
  const TemporaryFolder folder;
  const std::vector<std::string> more{"--checkpoint-every", "2"};
  ASSERT_EQ(train(folder / "straight", more).code, 0);
  ASSERT_EQ(train(folder / "run", more).code, 0);
  fs::resize_file(folder / "run/checkpoints/step-000006.pt", 1000);
  const Ran ran = test::run("gan-train", {"--resume", folder / "run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("step-000006.pt: not a zip file, or a truncated one; taking the one before it"));
  EXPECT_THAT(ran.err, HasSubstr("resumed at step 4"));
  EXPECT_EQ(test::slurp(folder / "run/g.pt"), test::slurp(folder / "straight/g.pt"));
}

TEST(GanTrain, DamagedCheckpointsTakeNoPlaceOfWholeOnes) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run", {"--checkpoint-every", "2", "--keep-every", "2"}).code, 0);
  for (const char* name : {"step-000004.pt", "step-000006.pt"}) fs::resize_file(folder / "run/checkpoints" / name, 99);
  fs::copy_file(folder / "run/checkpoints/step-000002.pt", folder / "run/checkpoints/step-000099.pt");
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--steps", "3", "--keep-every", "0"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("step-000099.pt: holds step 2; taking the one before it"));
  EXPECT_THAT(test::names_in(folder / "run/checkpoints"),
              testing::ElementsAre("step-000002.pt", "step-000003.pt", "step-000004.pt.damaged",
                                   "step-000006.pt.damaged", "step-000099.pt.damaged"));
}

TEST(GanTrain, AGeneratorFileThatIsMissingOrOlderThanTheCheckpointIsWrittenAtAResume) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  const std::string whole = test::slurp(folder / "run/g.pt");
  fs::remove(folder / "run/g.pt");
  EXPECT_EQ(test::run("gan-train", {"--resume", folder / "run"}).code, 0);
  EXPECT_EQ(test::slurp(folder / "run/g.pt"), whole);
  test::spill(folder / "run/g.pt", "older");
  EXPECT_EQ(test::run("gan-train", {"--resume", folder / "run"}).code, 0);
  EXPECT_EQ(test::slurp(folder / "run/g.pt"), whole);
}

TEST(GanTrain, ARunGoneOnWithFromElsewhereFindsItsData) {
  const TemporaryFolder home, elsewhere;
  const fs::path digits = home / "digits", run = home / "run";
  fs::copy(test::mnist_tiny() / "train-images-idx3-ubyte.gz", digits);
  ASSERT_EQ(test::run("gan-train", tiny_run_on("digits", {"--out", "run"}), home.path()).code, 0);
  const auto go_on = [&](const std::string& steps, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--resume", run, "--steps", steps});
    return test::run("gan-train", more, elsewhere.path());
  };
  const Ran resumed = go_on("7");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("data from where the run was started: " + digits.string() + "\n"));
  EXPECT_THAT(test::slurp(run / "options.toml"), HasSubstr("data = \"digits\"\n"));
  EXPECT_EQ(test::run("gan-train", {"--resume", run, "--steps", "8"}, home.path()).code, 0);
  EXPECT_EQ(go_on("9").code, 0);  // it still knows
  const Ran fork = test::run("gan-train", {"--fork", run, "--steps", "1", "--out", "fork"}, elsewhere.path());
  EXPECT_EQ(fork.code, 0) << fork.err;
  const std::string whole = test::slurp(digits);
  fs::copy_file(test::mnist_tiny() / "t10k-images-idx3-ubyte.gz", digits, fs::copy_options::overwrite_existing);
  EXPECT_THAT(go_on("10").err,
              HasSubstr(".pt with " + digits.string() + ": --data: expected the 1000 images of 1x28x28"));
  test::spill(digits, whole);

  fs::rename(digits, elsewhere / "moved");
  EXPECT_THAT(go_on("10").err, HasSubstr("--data: digits: no such folder or file, neither here nor in " +
                                         home.path().string() + ", where the run was started (--data says where"));
  EXPECT_EQ(go_on("9", {"--data", elsewhere / "moved"}).code, 0);
  const Ran absolute = test::run("gan-train", {"--resume", run, "--steps", "9"}, home.path());
  EXPECT_EQ(absolute.code, 0) << absolute.err;
  EXPECT_THAT(absolute.err, testing::Not(HasSubstr("data from where the run was started")));
  EXPECT_EQ(go_on("10", {"--data", "moved"}).code, 0);
  EXPECT_EQ(test::run("gan-train", {"--resume", run, "--steps", "11"}, home.path()).code, 0);  // from elsewhere now
  fs::rename(elsewhere / "moved", home / "moved");
  EXPECT_EQ(test::run("gan-train", {"--resume", run, "--steps", "12"}, home.path()).code, 0);  // from here again
}

TEST(GanTrain, ARunWithoutItsStartingPlaceIsToldHowToNameItsData) {
  const TemporaryFolder home, elsewhere;
  fs::copy(test::mnist_tiny() / "train-images-idx3-ubyte.gz", home / "digits");
  ASSERT_EQ(test::run("gan-train", tiny_run_on("digits", {"--out", "run"}), home.path()).code, 0);
  fs::remove(home / "run/started-in.txt");  // older runs have none
  EXPECT_EQ(test::run("gan-train", {"--resume", home / "run"}, home.path()).code, 0);
  fs::remove(home / "run/started-in.txt");
  EXPECT_THAT(test::run("gan-train", {"--resume", home / "run"}, elsewhere.path()).err,
              HasSubstr("--data: digits: no such folder or file (--data says where the run's data is now)\n"));
}

TEST(GanTrain, AnEditedOptionsTomlOfARunThatGoesOnIsToldOf) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  const fs::path path = folder / "run/options.toml";
  const std::string options = test::slurp(path);
  const auto go_on = [&] { return test::run("gan-train", {"--resume", folder / "run"}).err; };
  EXPECT_THAT(go_on(), testing::Not(HasSubstr("options.toml")));

  std::string edited = options;
  edited.replace(edited.find("batch-size = 8"), 14, "batch-size = 16");
  edited.replace(edited.find("steps = 6"), 9, "steps = 60");
  test::spill(path, edited);
  EXPECT_THAT(
      test::run("gan-train", {"--fork", folder / "run", "--out", folder / "fork"}).err,
      HasSubstr(path.string() + ": ignored, as the run's checkpoint has its options; it said batch-size: 8 -> 16"));
  EXPECT_EQ(test::slurp(path), edited);
  EXPECT_THAT(go_on(), HasSubstr(path.string() +
                                 ": ignored and written anew, as the run's checkpoint has its options; it said "
                                 "batch-size: 8 -> 16, steps: 6 -> 60 (flags change what may change at a resume, "));
  EXPECT_EQ(test::slurp(path), options);

  test::spill(path, options + "# a note of one's own\n");
  EXPECT_THAT(go_on(), testing::Not(HasSubstr("options.toml")));
  EXPECT_EQ(test::slurp(path), options + "# a note of one's own\n");

  test::spill(path, "batch-size: 16\n");
  EXPECT_THAT(go_on(), HasSubstr("it could not be read: " + path.string() + ": line 1"));
  EXPECT_EQ(test::slurp(path), options);
}

TEST(GanTrain, NewOptionsOfASittingOutliveAKillBeforeItsFirstCheckpoint) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  test::Process process("gan-train", {"--resume", folder / "run", "--steps", "1000000", "--log-every", "20"});
  process.wait_for("epoch 1/");
  process.signal(SIGKILL);
  process.wait();
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--dry-run"});
  EXPECT_THAT(ran.out, HasSubstr("\nsteps = 1000000\n"));
}

TEST(GanTrain, AForkKilledBeforeItsFirstStepGoesOnWithTheWeightsItBeganWith) {
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
    fs::remove(folder / "fork" / name);  // as if the kill had come before it
  }
  const Ran resumed = test::run("gan-train", {"--resume", folder / "fork", "--steps", "4"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  const auto sha = [](const Ran& ran) { return ran.out.substr(std::min(ran.out.find("sha256"), ran.out.size()), 75); };
  EXPECT_EQ(sha(resumed), sha(straight));
}

TEST(GanTrain, ACheckpointFolderThatCannotBeReadCostsNoMetrics) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run", {"--log-every", "2"}).code, 0);
  const std::string metrics = test::slurp(folder / "run/metrics.jsonl");
  fs::rename(folder / "run/checkpoints", folder / "elsewhere");
  fs::create_symlink(folder / "not mounted", folder / "run/checkpoints");
  expect_refusal({"--resume", folder / "run"}, "checkpoints: cannot read this folder: No such file");
  fs::remove(folder / "run/checkpoints");
  test::spill(folder / "run/checkpoints", "");
  expect_refusal({"--resume", folder / "run"}, "checkpoints: cannot read this folder: Not a directory");
  EXPECT_EQ(test::slurp(folder / "run/metrics.jsonl"), metrics);
}

TEST(GanTrain, ClosedStreamsDoNotWriteIntoTheRun) {
  const TemporaryFolder folder;
  const std::string closed =
      "exec \"$0\" --data \"$1\" --out \"$2\" --base-channels 2 --batch-size 8 --steps 2 --grid 2x2 --eval-every 0 "
      "0<&- 1>&- 2>&-";
  EXPECT_EQ(
      test::run("/bin/bash", {"-c", closed, fs::path(GAN_BINARY_DIR) / "gan-train", test::mnist_tiny(), folder / "run"})
          .code,
      0);
  EXPECT_THAT(test::slurp(folder / "run/metrics.jsonl"),
              testing::MatchesRegex("\\{\"kind\": \"step\", \"step\": 2, [^\n]*\\}\n"));
  EXPECT_THAT(test::slurp(folder / "run/lock"), testing::MatchesRegex("[0-9]+\n"));
}

TEST(GanTrain, ADryRunOfAResumeTakesNothing) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  fs::remove(folder / "run/lock");
  EXPECT_EQ(test::run("gan-train", {"--resume", folder / "run", "--dry-run"}).code, 0);
  EXPECT_FALSE(fs::exists(folder / "run/lock"));
}

TEST(GanTrain, AFileOfOnesOwnNamedLockIsNotTouched) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  test::spill(folder / "run/lock", "my notes\n");
  expect_refusal({"--data", test::mnist_tiny(), "--out", folder / "run"}, "the folder is not empty");
  EXPECT_EQ(test::slurp(folder / "run/lock"), "my notes\n");
}

TEST(GanTrain, ARunKilledBeforeItsFirstCheckpointBeginsAgainWithItsOptions) {
  const TemporaryFolder folder;
  const std::vector<std::string> more{"--seed", "5", "--d-lr", "1e-3"};
  ASSERT_EQ(train(folder / "straight", more).code, 0);
  ASSERT_EQ(train(folder / "run", more).code, 0);
  fs::remove_all(folder / "run/checkpoints");
  const Ran refused = test::run("gan-train", {"--resume", folder / "run"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("its checkpoints are gone"));  // a run that has a g.pt had some
  fs::remove(folder / "run/g.pt");
  const Ran ran = test::run("gan-train", {"--resume", folder / "run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("resumed at step 0: no checkpoint yet"));
  EXPECT_EQ(test::slurp(folder / "run/g.pt"), test::slurp(folder / "straight/g.pt"));
}

TEST(GanTrain, LossesThatAreNotFiniteFailTheRunInOneLine) {
  const Ran ran = [] {
    const TemporaryFolder folder;
    return train(folder / "run", {"--arch", "mlp", "--optimizer", "sgd", "--lr", "1000", "--loss", "lsgan", "--steps",
                                  "50", "--quiet", "--on-nan", "stop"});
  }();
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, StartsWith("gan-train: error: step "));
  EXPECT_THAT(ran.err, HasSubstr("not finite any more"));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

TEST(GanTrain, AnotherMachineIsNamedAtAResume) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  const fs::path path = folder / "run/checkpoints/step-000006.pt";
  Dict checkpoint = read_archive(path);
  for (auto& [key, value] : checkpoint.items) {
    if (key != "machine") continue;
    for (auto& [name, text] : std::get<Dict>(value).items) {
      if (name == "libtorch") text = Value(std::string("2.6.0"));
      if (name == "instruction_set") text = Value(std::string("MMX"));
    }
  }
  write_archive(path, checkpoint);
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--steps", "8", "--threads", "2"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, testing::ContainsRegex("warning: from here on the bits differ .*: libtorch: 2.6.0 -> .*, "
                                              "instruction_set: MMX -> .*, threads: 1 -> 2\n"));
}

TEST(GanTrain, AForkBeginsANewRunWithAnothersWeightsAndSettings) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run", {"--loss", "lsgan"}).code, 0);
  const Ran ran =
      test::run("gan-train", {"--fork", folder / "run", "--g-lr", "1e-4", "--steps", "3", "--out", folder / "fork"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("begins with the weights of " + (folder / "run/checkpoints/step-000006.pt").string()));
  EXPECT_THAT(ran.out, HasSubstr("trained    3 steps"));
  const std::string options = test::slurp(folder / "fork/options.toml");
  EXPECT_THAT(options, HasSubstr("loss = \"lsgan\"\n"));
  EXPECT_THAT(options, HasSubstr("g-lr = 0.0001\n"));
  // Its first grid is the last one of the run that it comes from.
  EXPECT_EQ(test::slurp(folder / "fork/samples/step-000000.png"), test::slurp(folder / "run/samples/step-000006.png"));
  expect_refusal({"--fork", folder / "run", "--base-channels", "4", "--latent-size", "7", "--seed", "1"},
                 "step-000006.pt: --fork: the run's weights do not fit other networks; changed: latent-size: 100 -> 7, "
                 "base-channels: ");
  expect_refusal({"--fork", folder / "run", "--resume", folder / "run"}, "--fork: begins a new run");
  expect_refusal({"--fork", folder / "run", "--recipe", "mlp"}, "--recipe: a forked run has the settings");
}

TEST(GanTrain, VerifyResumeComparesAndLeavesNothing) {
  const TemporaryFolder folder;
  const Ran ran = test::run("gan-train",
                            {"--verify-resume", "5", "--data", test::mnist_tiny(), "--base-channels", "2",
                             "--batch-size", "8", "--threads", "1"},
                            folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("resumed exactly at step 2 of 5\n"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
  expect_refusal({"--verify-resume", "1"}, "--verify-resume: expected 2 to 1000000, got 1");
  expect_refusal({"--verify-resume", "4", "--out", "x"}, "--verify-resume: trains aside");
}

TEST(GanTrain, AnOutputThatCannotBeWrittenFails) {
  const Ran ran = test::run("/bin/bash", {"-c", "\"$0\" --help >/dev/full", fs::path(GAN_BINARY_DIR) / "gan-train"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("cannot write to the standard output"));
}

TEST(GanTrain, OptionsTomlReplaysADataPathOfAnyCharacters) {
  const TemporaryFolder folder;
  const fs::path data = folder / "digits # \"1\"\n\\caf\u00e9 = 'x'";
  fs::create_directory_symlink(test::mnist_tiny(), data);
  const Ran first = test::run("gan-train", {"--data", data, "--base-channels", "2", "--batch-size", "8", "--steps", "1",
                                            "--out", folder / "a"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(test::run("gan-train", {"--config", folder / "a/options.toml", "--out", folder / "b"}).code, 0);
  EXPECT_EQ(test::slurp(folder / "a/options.toml"), test::slurp(folder / "b/options.toml"));
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

/// Everything that two equal runs leave alike.
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

/// A run of `arguments` into a folder, killed after each call that changes a file in turn and gone on with, ends as the
/// one never killed.
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

TEST(GanTrain, ARunKilledAfterAnyChangeOfAFileEndsAsTheOneNeverKilled) {
  // After step 4 there are a line, a grid and g-best.pt without a checkpoint; at the last step there are these only
  // because it is the last, and a checkpoint that is due anyway: what it takes for done must be.
  expect_the_same_end_wherever_killed(tiny_run({"--log-every", "4", "--sample-every", "4", "--eval-every", "4",
                                                "--eval-samples", "100", "--checkpoint-every", "3"}),
                                      1);
}

TEST(GanTrain, ARunKilledWhereFilesAsideHaveNamesEndsAsTheOneNeverKilled) {
  ::setenv("GAN_NO_UNNAMED_FILES", "1", 1);
  expect_the_same_end_wherever_killed(tiny_run({"--log-every", "4", "--sample-every", "4", "--checkpoint-every", "2"}),
                                      3);
  ::unsetenv("GAN_NO_UNNAMED_FILES");
}

TEST(GanTrain, ARunThatRollsBackAndIsKilledAfterAnyChangeOfAFileEndsAsTheOneNeverKilled) {
  // Without learning G is dead at the third evaluation, each time.
  expect_the_same_end_wherever_killed(
      tiny_run({"--lr", "0", "--steps", "30", "--on-collapse", "rollback", "--eval-every", "1", "--eval-samples", "100",
                "--checkpoint-every", "1"}),
      7, /*expected_code=*/1);
}

TEST(GanTrain, AForkKilledAfterAnyChangeOfAFileEndsAsTheOneNeverKilled) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "source").code, 0);
  expect_the_same_end_wherever_killed(
      {"--fork", folder / "source", "--steps", "5", "--log-every", "1", "--checkpoint-every", "2"}, 3);
}

TEST(GanTrain, OneCommandBeginsGoesOnAndEndsHoweverOftenItIsKilled) {
  const TemporaryFolder folder;
  const auto into = [&](const std::string& name) {
    return tiny_run({"--checkpoint-every", "1", "--sample-every", "2", "--eval-every", "3", "--eval-samples", "100",
                     "--quiet", "--resume", "auto", "--out", folder / name});
  };
  const Ran unbroken = test::run("gan-train", into("straight"));
  ASSERT_EQ(unbroken.code, 0) << unbroken.err;
  int kills = 0;
  // Each time later than a checkpoint takes, so that each sitting comes further; the first ones before anything stands.
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

TEST(GanTrain, ResumeAutoWritesAGeneratorThatIsMissingAndTakesFurtherWhatIsDone) {
  const TemporaryFolder folder;
  const auto automatic = [&](const std::string& steps) {
    return test::run("gan-train", tiny_run({"--steps", steps, "--resume", "auto", "--out", folder / "run"}));
  };
  ASSERT_EQ(automatic("2").code, 0);
  fs::remove(folder / "run/g.pt");
  EXPECT_EQ(automatic("2").code, 0);
  EXPECT_TRUE(fs::exists(folder / "run/g.pt"));
  EXPECT_THAT(automatic("3").out, HasSubstr("trained    3 steps"));
  EXPECT_THAT(automatic("3").out, HasSubstr("done       at step 3"));
}

TEST(GanTrain, ResumeAutoIsRefusedWithoutAPlaceAndInAnothersFolder) {
  const TemporaryFolder folder;
  expect_refusal({"--resume", "auto"}, "--resume: auto goes on with the run in --out");
  fs::create_directory(folder / "mine");
  test::spill(folder / "mine/letter.txt", "text");
  expect_refusal({"--data", test::mnist_tiny(), "--resume", "auto", "--out", folder / "mine"}, "not empty");
  EXPECT_THAT(test::names_in(folder / "mine"), testing::ElementsAre("letter.txt"));
}

TEST(GanTrain, RunsKilledAtRandomInstantsEndAsTheOneNeverKilled) {
  const Ran ran =
      test::run(fs::path(GAN_SOURCE_DIR) / "scripts/crash_test.sh", {"20", fs::path(GAN_BINARY_DIR) / "gan-train"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("20 kills"));
}

}  // namespace
}  // namespace gan
