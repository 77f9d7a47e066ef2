#include "gan/judging/evaluator.h"

#include <algorithm>
#include <set>

#include "gan/judging/classifier_training.h"
#include "gan/networks/classifier.h"
#include "gan/run/trainer.h"
#include "gan/training/recipes.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of, test::Ran, test::TemporaryFolder;
using testing::ContainsRegex, testing::HasSubstr, testing::Not;
namespace fs = std::filesystem;

/// A run whose samples are judged.
Ran train(const fs::path& out, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--base-channels", "2", "--batch-size",   "8",   "--grid",         "2x2",
                                     "--threads",       "1", "--eval-samples", "100", "--sample-every", "0"};
  if (!out.empty()) arguments.insert(arguments.end(), {"--out", out.string(), "--data", test::mnist_tiny()});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::run("gan-train", arguments);
}

/// The lines of a run's evaluations, without the clock's time.
std::vector<std::string> evaluations(const fs::path& run) {
  std::vector<std::string> lines;
  std::istringstream text(test::slurp(run / "metrics.jsonl"));
  for (std::string line; std::getline(text, line);) {
    if (line.find("mnist_fd") == std::string::npos) continue;
    const size_t seconds = line.find("\"seconds\""), next = line.find("\"mnist_fd\"");
    lines.push_back(line.erase(seconds, next - seconds));
  }
  return lines;
}

TEST(Evaluator, IsThatOfTheClassifierBesideTheData) {
  const auto evaluator = Evaluator::of(test::mnist_tiny(), {});
  ASSERT_TRUE(evaluator);
  const Scores scores = evaluator->evaluate(load_dataset(test::mnist_tiny(), Split::test).images);
  EXPECT_EQ(scores.front().first, "mnist_fd");
  EXPECT_NEAR(scores.front().second.value, 0, 1e-6);
  const TemporaryFolder folder;
  EXPECT_FALSE(Evaluator::of(folder.path(), {}));
  fs::copy(test::mnist_tiny() / "classifier.pt", folder / "classifier.pt");
  EXPECT_FALSE(Evaluator::of(folder.path(), {}));
  EXPECT_THAT(error_of([] {
                Evaluator::of(test::mnist_tiny(), {1, 32, 32});
              }),
              HasSubstr("takes images of 1x28x28, the data has 1x32x32"));
}

TEST(Evaluator, AClassifierOfImagesThatLieOtherwiseIsRefused) {
  EXPECT_THAT(error_of([] { Evaluator::of(test::mnist_tiny(), {}, {.transpose = true}); }),
              HasSubstr("classifier.pt: was trained without --transpose (leave --transpose out, or "));
}

TEST(Evaluator, CountsModesOfStackedDigits) {
  const std::string data = "stacked-mnist:" + test::mnist_tiny().string();
  const auto evaluator = Evaluator::of(data, {3, 28, 28});
  ASSERT_TRUE(evaluator);
  const Scores scores = evaluator->evaluate(load_dataset(data, Split::test).images);
  EXPECT_EQ(scores[0].first, "stacked_kl");
  EXPECT_NEAR(scores[0].second.value, 0.0192, 0.02);
  EXPECT_EQ(scores[1].first, "stacked_modes");
  EXPECT_GT(scores[1].second.value, 990);
}

TEST(EvaluatedRun, WritesItsScoresAndKeepsTheBest) {
  const TemporaryFolder folder;
  const Ran ran = train(folder / "run", {"--steps", "6", "--eval-every", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(evaluations(folder / "run").size(), 3u);
  EXPECT_TRUE(fs::exists(folder / "run/g-best.pt"));
  EXPECT_THAT(ran.out, ContainsRegex("best       .*/g-best.pt, step [246], mnist_fd [0-9.]+; last [0-9.]+\n"));
}

TEST(EvaluatedRun, EachLineOfItsMetricsSaysWhatItIsOfAndAnEvaluationsItsClassifier) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(folder / "run", {"--steps", "4", "--eval-every", "4", "--log-every", "2"}).code, 0);
  const std::string sha256 = weights_sha256(read_classifier(test::mnist_tiny() / "classifier.pt").network);
  EXPECT_THAT(test::slurp(folder / "run/metrics.jsonl"),
              testing::MatchesRegex("\\{\"kind\": \"step\", \"step\": 2, [^\n]*\n"
                                    "\\{\"kind\": \"step\", \"step\": 4, [^\n]*\n"
                                    "\\{\"kind\": \"evaluation\", \"step\": 4, [^\n]*\"classifier\": \"" +
                                    sha256 + "\", \"mnist_fd\": [^\n]*\n"));
}

TEST(EvaluatedRun, BrokenAndResumedHasTheSameScoresAndTheSameBest) {
  const TemporaryFolder folder;
  const std::vector<std::string> often{"--eval-every", "2", "--checkpoint-every", "5"};
  const auto with = [&](std::vector<std::string> more) {
    return more.insert(more.end(), often.begin(), often.end()), more;
  };
  EXPECT_EQ(train(folder / "straight", with({"--steps", "10"})).code, 0);
  EXPECT_EQ(train(folder / "broken", with({"--steps", "5"})).code, 0);
  const Ran resumed = train({}, with({"--resume", folder / "broken", "--steps", "10"}));
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  auto broken = evaluations(folder / "broken");
  std::erase_if(broken, [](const std::string& line) { return line.find("\"step\": 5,") != std::string::npos; });
  EXPECT_EQ(broken, evaluations(folder / "straight"));  // but for the one at the end of the first sitting
}

TEST(EvaluatedRun, EndsWithTheSameWeightsAsOneThatIsNotEvaluated) {
  const TemporaryFolder folder;
  const auto sha256 = [](const Ran& ran) { return ran.out.substr(ran.out.find("sha256"), 75); };
  const Ran judged = train(folder / "judged", {"--steps", "5", "--eval-every", "1"});
  const Ran bare = train(folder / "bare", {"--steps", "5", "--eval-every", "0"});
  EXPECT_EQ(sha256(judged), sha256(bare));
  EXPECT_FALSE(fs::exists(folder / "bare/g-best.pt"));
}

/// The training digits alone, without a classifier.
fs::path bare_digits(const TemporaryFolder& folder) {
  fs::create_directory(folder / "digits");
  for (const char* name : {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"}) {
    fs::copy(test::mnist_tiny() / name, folder / "digits" / name);
  }
  return folder / "digits";
}

std::vector<std::string> small_run(const fs::path& data, const fs::path& out, const std::string& images) {
  return {"--data",  data,   "--out",        out, "--base-channels", "2", "--batch-size",   "8",
          "--limit", images, "--eval-every", "4", "--steps",         "4", "--eval-samples", "100"};
}

TEST(EvaluatedRun, IsNotJudgedByFewImagesThatHaveNoClassifier) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = small_run(bare_digits(folder), folder / "run", "499");
  const Ran ran = test::run("gan-train", arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("samples are not judged: that takes 500 images or more"));
  EXPECT_FALSE(fs::exists(folder / "run/g-best.pt"));
  arguments.push_back("--dry-run");
  EXPECT_THAT(test::run("gan-train", arguments).err, HasSubstr("samples will not be judged: that takes 500 images"));
}

TEST(EvaluatedRun, TrainsAClassifierOfLikeImagesWhereTheDataHasNoneAndKeepsIt) {
  const TemporaryFolder folder;
  const fs::path data = bare_digits(folder), run = folder / "run";
  const Ran ran = test::run("gan-train", small_run(data, run, "500"));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("samples are judged by " + (run / "classifier.pt").string()));
  EXPECT_THAT(ran.out, HasSubstr("digits_clusters_fd"));
  const std::string classifier = test::slurp(run / "classifier.pt");
  const Ran on = test::run("gan-train", {"--resume", run, "--steps", "6", "--eval-every", "6"});
  ASSERT_EQ(on.code, 0) << on.err;
  EXPECT_EQ(test::slurp(run / "classifier.pt"), classifier);
  std::set<std::string> judges;
  for (const std::string& line : test::lines_of(test::slurp(run / "metrics.jsonl"))) {
    if (const size_t at = line.find("\"classifier\""); at != std::string::npos) judges.insert(line.substr(at, 80));
  }
  EXPECT_EQ(judges.size(), 1U) << "a resume judges by another one";
  fs::remove(run / "classifier.pt");
  EXPECT_EQ(test::run("gan-train", {"--resume", run, "--steps", "8", "--eval-every", "8"}).code, 0);
  EXPECT_EQ(test::slurp(run / "classifier.pt"), classifier) << "it is not the same each time";
  const Ran judged = test::run("gan-eval", {run, "--count", "200"});
  EXPECT_EQ(judged.code, 0) << judged.err;
  EXPECT_THAT(judged.out, HasSubstr("digits_clusters_fd"));
}

TEST(EvaluatedRun, ThatTrainsItsClassifierEndsWithTheSameWeights) {
  const TemporaryFolder folder;
  const auto sha256 = [](const Ran& ran) { return ran.out.substr(ran.out.find("sha256"), 75); };
  const fs::path data = bare_digits(folder);
  auto bare = small_run(data, folder / "bare", "500");
  *(std::ranges::find(bare, "--eval-every") + 1) = "0";
  EXPECT_EQ(sha256(test::run("gan-train", small_run(data, folder / "judged", "500"))),
            sha256(test::run("gan-train", bare)));
}

TEST(EvaluatedRun, IsRefusedWithADamagedClassifierBeforeAnythingIsMade) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "data");
  fs::copy(test::mnist_tiny() / "train-images-idx3-ubyte.gz", folder / "data/train-images-idx3-ubyte.gz");
  test::spill(folder / "data/classifier.pt", "junk");
  const Ran ran = test::run("gan-train", {"--data", folder / "data", "--out", folder / "run"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("classifier.pt"));
  EXPECT_FALSE(fs::exists(folder / "run"));
}

// With a learning rate of 0 all samples stay the gray that an untrained generator makes.

Options grey_run() {
  Options options = find_recipe("dcgan").options;
  options.data = test::mnist_tiny();
  options.network.base_channels = 2;
  options.batch_size = 8;
  options.steps = 6;
  options.eval_every = {2};
  options.eval_samples = 100;
  options.g_optimizer.learning_rate = options.d_optimizer.learning_rate = 0;
  return options;
}

void train(const Options& options, const RunFolder& run, const std::optional<Checkpoint>& from) {
  const Dataset data = load_dataset(options.data, Split::train);
  Trainer trainer(options, data);
  trainer.judge_by(Evaluator::of(options.data, data.shape()));
  if (from) trainer.load(from->content);
  Progress progress(run.log(), true);
  trainer.run(run, progress);
}

TEST(Collapse, IsToldAndTrainingGoesOnByDefault) {
  const TemporaryFolder folder;
  const Ran ran = train(folder / "run", {"--steps", "24", "--eval-every", "2", "--lr", "0"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("warning: step 6: G is dead"));
  EXPECT_THAT(test::slurp(folder / "run/log.txt"), HasSubstr("G is dead"));
  EXPECT_THAT(ran.err, ContainsRegex("warning: step [0-9]+: 9 classes have been missing"));
}

TEST(Collapse, IsNotSeenInGridsBeforeAGHadTimeToSpread) {
  // Without learning, and before its running statistics have settled, all samples are alike.
  const TemporaryFolder folder;
  const Ran ran = train(folder / "run", {"--steps", "60", "--eval-every", "0", "--sample-every", "2", "--lr", "0"});
  EXPECT_THAT(ran.err, Not(HasSubstr("G is dead")));
}

TEST(Collapse, IsToldWithoutAClassifierWhereAllSamplesAreOneImage) {
  const TemporaryFolder folder;
  const Ran ran = train(folder / "run",
                        {"--steps", "600", "--eval-every", "0", "--sample-every", "20", "--g-lr", "3", "--d-lr", "0"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, ContainsRegex("warning: step 580: G is dead"));  // the fifth grid from step 500 on
}

TEST(Collapse, IsNotSeenInAYoungRunThatLearns) {
  const TemporaryFolder folder;
  const Ran ran = test::run("gan-train", {"--data", test::mnist_tiny(), "--threads", "1", "--steps", "36",
                                          "--eval-every", "6", "--eval-samples", "200", "--sample-every", "3",
                                          "--on-collapse", "stop", "--checkpoint-every", "0", "--out", folder / "run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, Not(HasSubstr("warning")));
  const Ran bare =
      test::run("gan-train", {"--data", test::mnist_tiny(), "--threads", "1", "--steps", "12", "--eval-every", "0",
                              "--sample-every", "1", "--on-collapse", "stop", "--out", folder / "bare"});
  EXPECT_EQ(bare.code, 0) << bare.err;
}

TEST(Collapse, IsToldWhereDWinsAgainstAGThatStandsStill) {
  const TemporaryFolder folder;
  const Ran ran = train(folder / "run", {"--steps", "400", "--log-every", "10", "--eval-every", "0", "--g-lr", "0",
                                         "--r1", "0", "--checkpoint-every", "0"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, ContainsRegex("warning: step [0-9]+: D is too strong"));
}

TEST(Collapse, IsToldEvenIfTheBestGeneratorCannotBeWritten) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  fs::create_directories(run.best_generator() / "in the way");
  train(grey_run(), run, {});
  EXPECT_THAT(test::slurp(run.log()), HasSubstr("g-best.pt: expected a file, got a folder; training goes on"));
  EXPECT_THAT(test::slurp(run.log()), HasSubstr("step 6: G is dead"));
}

TEST(Collapse, EndsARunThatIsToStop) {
  const TemporaryFolder folder;
  const Ran ran = train(folder / "run", {"--steps", "6", "--eval-every", "2", "--lr", "0", "--on-collapse", "stop",
                                         "--checkpoint-every", "3"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, ContainsRegex("error: step 6: G is dead.* \\(last checkpoint: .*step-000006.pt\\)\n"));
  EXPECT_EQ(evaluations(folder / "run").size(), 3u);
}

TEST(Collapse, TakesARunBackThatIsToGoBack) {
  const TemporaryFolder folder;
  const Ran ran = train(folder / "run", {"--steps", "16", "--eval-every", "2", "--lr", "0", "--on-collapse", "rollback",
                                         "--checkpoint-every", "3"});
  EXPECT_EQ(ran.code, 1);  // a learning rate of 0 helps no more the second time
  EXPECT_THAT(ran.err, HasSubstr("step 6: G is dead"));
  EXPECT_THAT(ran.err, HasSubstr("3 of 3"));
  EXPECT_THAT(ran.err, Not(HasSubstr("4 of 3")));
}

/// A grey run of 4 steps whose evaluation at the last one was, it believes, better than any that can follow.
Checkpoint once_good(const RunFolder& run, Options& options) {
  options.steps = 4, options.checkpoint_every = {2};
  train(options, run, {});
  Checkpoint checkpoint = *newest_checkpoint(run);
  checkpoint.content = test::with(checkpoint.content, {"judging", "best", "distance"}, 1e-3);
  checkpoint.content = test::with(checkpoint.content, {"judging", "best", "step"}, int64_t{4});
  options.steps = 30, options.on_collapse = OnCollapse::rollback;
  return checkpoint;
}

TEST(Collapse, TakesARunBackToItsBestEvaluationHoweverLongAgoThatWas) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = grey_run();
  const Checkpoint good = once_good(run, options);
  EXPECT_THROW(train(options, run, good), Diverged);
  const std::string log = test::slurp(run.log());
  EXPECT_THAT(log, ContainsRegex("step 6: G is dead.*back to step 4 with other noise, 1 of 3"));
  EXPECT_THAT(log, ContainsRegex("step 10: G is dead.*back to step 4 with other noise, 2 of 3"));
  EXPECT_THAT(log, ContainsRegex("step 10: G is dead.*back to step 4 with other noise, 3 of 3"));
  EXPECT_EQ(test::names_in(run.checkpoints()),
            (std::vector<std::string>{"step-000004.pt", "step-000006.pt", "step-000008.pt", "step-000010.pt"}));
}

TEST(Collapse, TakesARunBackPastACheckpointThatIsDamaged) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = grey_run();
  const Checkpoint good = once_good(run, options);
  test::spill(run.checkpoint(4), "junk");
  EXPECT_THROW(train(options, run, good), Diverged);
  EXPECT_THAT(test::slurp(run.log()), ContainsRegex("step 6: G is dead.*back to step 2 with other noise, 1 of 3"));
  EXPECT_TRUE(fs::exists(run.checkpoint(4).string() + ".damaged"));
}

TEST(Collapse, LeavesTheGeneratorThatItWentBackToWhereNoStepFollows) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = grey_run();
  Checkpoint good = once_good(run, options);
  for (const char* key : {"seconds", "seconds_at_step"}) {
    good.content = test::with(good.content, {"sitting", key}, 0.0);
  }
  options.max_minutes = 1e-9;  // over with the next step
  options.eval_every = {1};
  fs::remove(run.checkpoint(4));
  train(options, run, good);
  EXPECT_THAT(test::slurp(run.log()), ContainsRegex("step 5: G is dead.*back to step 2 with other noise, 1 of 3"));
  EXPECT_EQ(read_model(run.generator()).step, 2);
}

}  // namespace
}  // namespace gan
