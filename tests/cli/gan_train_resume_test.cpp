// Runs that are resumed or forked: options, checkpoints, data and generator that they find.

#include "cli/gan_train.h"

#include "gan/base/archive.h"
#include "support/test.h"

namespace gan {
namespace {

using test::expect_refusal;
using test::Ran;
using test::TemporaryFolder;
using test::tiny_run;
using test::tiny_run_on;
using test::train;
using testing::HasSubstr;
namespace fs = std::filesystem;

TEST(GanTrainResume, GoesOnFromAKilledRun) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "straight", {"--seed", "3", "--checkpoint-every", "2"}).code, 0);
  ASSERT_EQ(train(folder / "broken", {"--seed", "3", "--checkpoint-every", "2", "--steps", "4"}).code, 0);
  const Ran resumed = test::run("gan-train", {"--resume", folder / "broken", "--steps", "6"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed at step 4"));
  EXPECT_EQ(test::slurp(folder / "straight/samples/step-000006.png"),
            test::slurp(folder / "broken/samples/step-000006.png"));
}

TEST(GanTrainResume, RefusesToResumeWithOtherSettings) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--batch-size", "16", "--loss", "hinge"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("batch-size: 8 -> 16, loss: nonsaturating -> hinge"));
}

TEST(GanTrainResume, RefusesALengthThatTheRunHasPassed) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);  // 6 steps
  const std::string options = test::slurp(folder / "run/options.toml");
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--steps", "4"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("--steps: expected 6 steps or more, which the run has made, got 4"));
  EXPECT_EQ(test::slurp(folder / "run/options.toml"), options);
}

TEST(GanTrainResume, AnAutomaticPrecisionAtAResumeIsTheRunsOwn) {
  const TemporaryFolder folder;
  EXPECT_EQ(train(folder / "run").code, 0);
  const Ran ran = test::run("gan-train", {"--resume", folder / "run", "--steps", "8", "--precision", "auto"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(test::slurp(folder / "run/options.toml"), HasSubstr("precision = \"fp32\""));
}

TEST(GanTrainResume, ADamagedCheckpointIsNamedAndTheOneBeforeItUsed) {
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

TEST(GanTrainResume, DamagedCheckpointsTakeNoPlaceOfWholeOnes) {
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

TEST(GanTrainResume, AGeneratorFileThatIsMissingOrOlderThanTheCheckpointIsWrittenAtAResume) {
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

TEST(GanTrainResume, ARunGoneOnWithFromElsewhereFindsItsData) {
  const TemporaryFolder home, elsewhere;
  const fs::path digits = home / "digits", run = home / "run";
  fs::copy(test::mnist_tiny() / "train-images-idx3-ubyte.gz", digits);
  ASSERT_EQ(test::run("gan-train", tiny_run_on("digits", {"--eval-every", "0", "--out", "run"}), home.path()).code, 0);
  const auto go_on = [&](const std::string& steps, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--resume", run, "--steps", steps});
    return test::run("gan-train", more, elsewhere.path());
  };
  const Ran resumed = go_on("7");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("data from where the run was started: " + digits.string() + "\n"));
  EXPECT_THAT(test::slurp(run / "options.toml"), HasSubstr("data = \"digits\"\n"));
  EXPECT_EQ(test::run("gan-train", {"--resume", run, "--steps", "8"}, home.path()).code, 0);
  EXPECT_EQ(go_on("9").code, 0);  // the folder of the start is still known
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

TEST(GanTrainResume, ARunWithoutItsStartingPlaceIsToldHowToNameItsData) {
  const TemporaryFolder home, elsewhere;
  fs::copy(test::mnist_tiny() / "train-images-idx3-ubyte.gz", home / "digits");
  ASSERT_EQ(test::run("gan-train", tiny_run_on("digits", {"--eval-every", "0", "--out", "run"}), home.path()).code, 0);
  fs::remove(home / "run/started-in.txt");  // older runs have none
  EXPECT_EQ(test::run("gan-train", {"--resume", home / "run"}, home.path()).code, 0);
  fs::remove(home / "run/started-in.txt");
  EXPECT_THAT(test::run("gan-train", {"--resume", home / "run"}, elsewhere.path()).err,
              HasSubstr("--data: digits: no such folder or file (--data says where the run's data is now)\n"));
}

TEST(GanTrainResume, AnEditedOptionsTomlOfARunThatGoesOnIsToldOf) {
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
      HasSubstr(path.string() + ": ignored: the checkpoint holds the run's options; the file has batch-size: 8 -> 16"));
  EXPECT_EQ(test::slurp(path), edited);
  EXPECT_THAT(go_on(), HasSubstr(path.string() +
                                 ": replaced: the checkpoint holds the run's options; the file has "
                                 "batch-size: 8 -> 16, steps: 6 -> 60 (flags change what may change at a resume, "));
  EXPECT_EQ(test::slurp(path), options);

  test::spill(path, options + "# a note of one's own\n");
  EXPECT_THAT(go_on(), testing::Not(HasSubstr("options.toml")));
  EXPECT_EQ(test::slurp(path), options + "# a note of one's own\n");

  test::spill(path, "batch-size: 16\n");
  EXPECT_THAT(go_on(), HasSubstr("the file could not be read: " + path.string() + ": line 1"));
  EXPECT_EQ(test::slurp(path), options);
}

TEST(GanTrainResume, ADryRunOfAResumeTakesNothing) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run").code, 0);
  fs::remove(folder / "run/lock");
  EXPECT_EQ(test::run("gan-train", {"--resume", folder / "run", "--dry-run"}).code, 0);
  EXPECT_FALSE(fs::exists(folder / "run/lock"));
}

TEST(GanTrainResume, AnotherMachineIsNamedAtAResume) {
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

TEST(GanTrainResume, AForkBeginsANewRunWithAnothersWeightsAndSettings) {
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
  // The fork's first grid is the last grid of its run.
  EXPECT_EQ(test::slurp(folder / "fork/samples/step-000000.png"), test::slurp(folder / "run/samples/step-000006.png"));
  expect_refusal({"--fork", folder / "run", "--base-channels", "4", "--latent-size", "7", "--seed", "1"},
                 "step-000006.pt: --fork: the run's weights do not fit other networks; changed: latent-size: 100 -> 7, "
                 "base-channels: ");
  expect_refusal({"--fork", folder / "run", "--resume", folder / "run"}, "--fork: begins a new run");
  expect_refusal({"--fork", folder / "run", "--recipe", "mlp"}, "--recipe: a fork keeps the settings of its run");
}

TEST(GanTrainResume, ACheckpointFolderThatCannotBeReadCostsNoMetrics) {
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

TEST(GanTrainResume, ResumeAutoWritesAGeneratorThatIsMissingAndTakesFurtherWhatIsDone) {
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

TEST(GanTrainResume, ResumeAutoIsRefusedWithoutAPlaceAndInAnothersFolder) {
  const TemporaryFolder folder;
  expect_refusal({"--resume", "auto"}, "--resume: auto goes on with the run in --out");
  fs::create_directory(folder / "mine");
  test::spill(folder / "mine/letter.txt", "text");
  expect_refusal({"--data", test::mnist_tiny(), "--resume", "auto", "--out", folder / "mine"}, "not empty");
  EXPECT_THAT(test::names_in(folder / "mine"), testing::ElementsAre("letter.txt"));
}

}  // namespace
}  // namespace gan
