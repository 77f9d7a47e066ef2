// gan-train as a user runs it: what a run leaves, and options from flags, files and recipes.

#include "cli/gan_train.h"

#include "gan/data/idx.h"
#include "support/test.h"

namespace gan {
namespace {

using test::expect_refusal;
using test::Ran;
using test::sha256_of;
using test::TemporaryFolder;
using test::tiny_run_on;
using test::train;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

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

TEST(GanTrain, NumbersItsRunsInTheFolderRuns) {
  const TemporaryFolder folder;
  EXPECT_EQ(train("", {}, folder.path()).code, 0);
  EXPECT_EQ(train("", {"--recipe", "dcgan-wide"}, folder.path()).code, 0);
  EXPECT_TRUE(fs::exists(folder / "runs/00000-dcgan/g.pt"));
  EXPECT_TRUE(fs::exists(folder / "runs/00001-dcgan-wide/g.pt"));
}

TEST(GanTrain, OptionsTomlReplaysTheRun) {
  const TemporaryFolder folder;
  const Ran first = train(folder / "a", {"--seed", "7", "--d-lr", "3e-4", "--loss", "lsgan"});
  ASSERT_EQ(first.code, 0) << first.err;
  const Ran replay = test::run("gan-train", {"--config", folder / "a/options.toml", "--out", folder / "b"});
  ASSERT_EQ(replay.code, 0) << replay.err;
  EXPECT_EQ(test::slurp(folder / "a/options.toml"), test::slurp(folder / "b/options.toml"));
  EXPECT_EQ(sha256_of(first), sha256_of(replay));
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

TEST(GanTrain, AFlagForBothPlayersThatOneOfThemReadsIsTaken) {
  const Ran ran =
      test::run("gan-train", {"--d-optimizer", "sgd", "--momentum", "0.5", "--data", test::mnist_tiny(), "--dry-run"});
  EXPECT_THAT(ran.out, AllOf(HasSubstr("d-momentum = 0.5\n"), Not(HasSubstr("g-momentum"))));
}

TEST(GanTrain, ValuesOfARecipeThatNothingReadsAreDropped) {
  const Ran ran =
      test::run("gan-train", {"--recipe", "dcgan", "--arch", "mlp", "--data", test::mnist_tiny(), "--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("recipe = \"dcgan\"\nmodel = \"gan\"\narch = \"mlp\"\n"),
                             Not(HasSubstr("base-channels")), Not(HasSubstr("minibatch-std"))));
}

TEST(GanTrain, ArchAloneTakesTheRecipeOfThatName) {
  const Ran ran = test::run("gan-train", {"--arch", "upconv", "--data", test::mnist_tiny(), "--dry-run"});
  EXPECT_THAT(ran.out, HasSubstr("recipe = \"upconv\"\n"));
  EXPECT_THAT(ran.out, HasSubstr("g-optimizer = \"sgd\"\n"));
}

TEST(GanTrain, ARecipeNamedInTheFileIsTakenAlsoWhereItIsTheDefault) {
  const TemporaryFolder folder;
  test::spill(folder / "c.toml", "recipe = \"dcgan\"\narch = \"mlp\"\n");
  const Ran ran = test::run("gan-train", {"--config", folder / "c.toml", "--data", test::mnist_tiny(), "--dry-run"});
  EXPECT_THAT(ran.out, HasSubstr("recipe = \"dcgan\"\nmodel = \"gan\"\narch = \"mlp\"\n"));
  EXPECT_THAT(ran.out, HasSubstr("sampling = \"epoch\"\n"));
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
              testing::MatchesRegex("gan-train 0\\.2\\.0 \\(LibTorch 2\\.[0-9.]+.*\\)\n"));
  EXPECT_THAT(test::run("gan-train", {"--help-all"}).out, HasSubstr("--label-smoothing"));
  const Ran recipes = test::run("gan-train", {"--list-recipes"});
  EXPECT_EQ(recipes.code, 0);
  EXPECT_THAT(recipes.out, HasSubstr("mlp-smooth"));
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
  const Ran turned = test::run("gan-train", tiny_run_on(folder / "a.gz", {"--transpose", "--eval-every", "0", "--out",
                                                                          folder / "turned"})),
            plain = test::run("gan-train", tiny_run_on(folder / "b", {"--eval-every", "0", "--out", folder / "plain"}));
  EXPECT_EQ(turned.code, 0) << turned.err;
  EXPECT_EQ(sha256_of(turned), sha256_of(plain));
  EXPECT_EQ(test::slurp(folder / "turned/real.png"), test::slurp(folder / "plain/real.png"));
  EXPECT_THAT(test::slurp(folder / "turned/options.toml"), HasSubstr("transpose = true\n"));
  EXPECT_THAT(test::run("gan-train", {"--resume", folder / "turned", "--no-transpose"}).err,
              HasSubstr("a run cannot change its settings: transpose: true -> false"));
}

TEST(GanTrain, ARunOutOfTimeAtOnceStillLeavesAGenerator) {
  const TemporaryFolder folder;
  EXPECT_EQ(train(folder / "run", {"--max-minutes", "1e-9"}).code, 0);
  EXPECT_TRUE(fs::exists(folder / "run/g.pt"));
  EXPECT_EQ(test::run("gan-train", {"--resume", folder / "run", "--steps", "2", "--max-minutes", "0"}).code, 0);
}

TEST(GanTrain, ANewRunExplainsItsNumbersOnceAsItsLossHasThem) {
  const TemporaryFolder folder;
  const std::string probable = "d_real, d_fake: how real D rates real images, samples, 0 to 1 (0.5: it cannot tell)\n";
  EXPECT_THAT(train(folder / "a").err, AllOf(HasSubstr(probable), HasSubstr("\nd_loss, g_loss: "), HasSubstr("_fd: ")));
  const Ran hinge = train(folder / "b", {"--loss", "hinge", "--eval-every", "0"});
  EXPECT_THAT(hinge.err,
              AllOf(HasSubstr("rates real images, samples (equal: it cannot tell)\n"), Not(HasSubstr("_fd: "))));
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
  EXPECT_LT(peak("12000") - few, int64_t{500} << 20);  // 324 or 429 MB; 630 MB with a fragmented heap
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
  expect_refusal({"--verify-resume", "4", "--out", "x"}, "--verify-resume: leaves no run");
}

TEST(GanTrain, AnOutputThatCannotBeWrittenFails) {
  const Ran ran = test::run("/bin/bash", {"-c", "\"$0\" --help >/dev/full", fs::path(GAN_BINARY_DIR) / "gan-train"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("cannot write to the standard output"));
}

TEST(GanTrain, OptionsTomlReplaysADataPathWithQuotesAndBackslashes) {
  const TemporaryFolder folder;
  const fs::path data = folder / "digits # \"1\" \\caf\u00e9 = 'x'";
  fs::create_directory_symlink(test::mnist_tiny(), data);
  const Ran first = test::run("gan-train", {"--data", data, "--base-channels", "2", "--batch-size", "8", "--steps", "1",
                                            "--out", folder / "a"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(test::run("gan-train", {"--config", folder / "a/options.toml", "--out", folder / "b"}).code, 0);
  EXPECT_EQ(test::slurp(folder / "a/options.toml"), test::slurp(folder / "b/options.toml"));
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

}  // namespace
}  // namespace gan
