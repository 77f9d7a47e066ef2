// gan-train as a user runs it.

#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

/// A run of a second on the digits in the repository, with more arguments.
Ran train(const fs::path& out, std::vector<std::string> more = {}, const fs::path& working_folder = ".") {
  std::vector<std::string> arguments{"--data",          test::mnist_tiny(),
                                     "--base-channels", "2",
                                     "--batch-size",    "8",
                                     "--steps",         "6",
                                     "--grid",          "2x2",
                                     "--threads",       "1"};
  if (!out.empty()) more.insert(more.end(), {"--out", out.string()});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::run("gan-train", arguments, working_folder);
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
  EXPECT_THAT(test::run("gan-train", {"--help"}).out, HasSubstr("--label-smoothing"));
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
  expect_refusal({"--config", folder / "c.toml"}, "a switch takes true or false");
  expect_refusal({"--joined-batch=maybe"}, "a switch takes true or false");
}

TEST(GanTrain, RefusesAnEmptyPath) {
  expect_refusal({"--resume", ""}, "--resume: expected a path, got nothing");
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
  expect_refusal({"--resume", folder.path()}, "no checkpoint");
}

}  // namespace
}  // namespace gan
