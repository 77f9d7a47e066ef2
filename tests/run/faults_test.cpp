// What a run does about disks that are full, evaluations that fail, and losses that are not finite.
#include "gan/run/trainer.h"

#include <limits>
#include <new>

#include "gan/base/gan_file.h"
#include "gan/base/stop.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::digits, test::small, test::train, test::sha_of, test::steps_of_lines, test::timeless_metrics,
    test::TemporaryFolder;
namespace fs = std::filesystem;

/// What the run in `folder` said.
std::string said(const RunFolder& folder, Trainer& trainer) {
  Progress progress(folder.log(), true);
  trainer.run(folder, progress);
  return test::slurp(folder.log());
}

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Trainer, AFullDiskIsToldOfOnceAndLosesNothingThatWasWritten) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(10), run);
  const std::string before = test::slurp(run.checkpoint(10));
  Trainer trainer(small(40), digits());
  trainer.load(newest_checkpoint(run)->content);
  std::string log;
  {
    const test::FileSizeLimit limit(30'000);  // bytes: lines and grids fit, checkpoints do not
    log = said(run, trainer);
  }
  EXPECT_EQ(trainer.step(), 40);
  EXPECT_FALSE(trainer.saved());
  EXPECT_EQ(count_of(log, "warning: "), 1) << log;
  EXPECT_THAT(log, testing::HasSubstr("g.pt: cannot write: File too large; training goes on"));
  EXPECT_EQ(test::slurp(run.checkpoint(10)), before);
  EXPECT_THAT(test::names_in(run.checkpoints()), testing::ElementsAre("step-000010.pt"));
  EXPECT_EQ(count_of(test::slurp(run.metrics()), "\n"), 8);
}

TEST(Trainer, WhatCouldNotBeWrittenIsTriedAgainWhenNextDue) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  fs::create_directories(run.checkpoint(10) / "in the way");
  Trainer trainer(small(20), digits());
  const std::string log = said(run, trainer);
  EXPECT_TRUE(trainer.saved());
  EXPECT_EQ(count_of(log, "warning: "), 1) << log;
  EXPECT_THAT(log, testing::HasSubstr("step-000010.pt: expected a file, got a folder; training goes on"));
  EXPECT_THAT(log, testing::HasSubstr("step 20: checkpoints work again"));
  EXPECT_EQ(newest_checkpoint(run)->path, run.checkpoint(20));
}

/// Judges by a number that counts up, or throws what it is given.
Evaluator judge_that(const std::function<void()>& act) {
  return Evaluator("a test", [act](const at::Tensor& samples) -> Scores {
    act();
    return {{"x_fd", {at::mean(samples.to(at::kDouble)).item<double>()}}};
  });
}

Options judged(int64_t steps) {
  Options options = small(steps);
  options.eval_every = {5};
  options.eval_samples = 100;
  return options;
}

TEST(Trainer, AnEvaluationThatFailsInAnyWayCostsNeitherTheRunNorItsCheckpoint) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Trainer trainer(judged(20), digits());
  trainer.judge_by(judge_that([&] {
    // Save first: what an evaluation may kill is safe by then.
    EXPECT_TRUE(trainer.step() % 10 != 0 || fs::exists(run.checkpoint(trainer.step()))) << trainer.step();
    if (trainer.step() <= 15) throw std::bad_alloc();
  }));
  const std::string log = said(run, trainer);
  EXPECT_EQ(trainer.step(), 20);
  EXPECT_TRUE(trainer.saved());
  EXPECT_EQ(count_of(log, "warning: "), 1) << log;
  EXPECT_THAT(log, testing::HasSubstr("evaluations: out of memory; training goes on, and this is tried again"));
  EXPECT_THAT(log, testing::HasSubstr("step 20: evaluations work again"));
  EXPECT_EQ(trainer.best().step, 20);
  EXPECT_EQ(newest_checkpoint(run)->section("judging").get<Dict>("best").get<int64_t>("step"), 20);
}

TEST(Trainer, AnEvaluationThatFailedAtACheckpointsStepIsTriedAgainAtAResume) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Trainer trainer(judged(10), digits());
  trainer.judge_by(judge_that([] { TORCH_CHECK(false, "no such device\nbacktrace"); }));
  Progress progress(run.log(), true);
  EXPECT_EQ(trainer.run(run, progress), RunEnd::finished);
  EXPECT_THAT(test::slurp(run.log()), testing::HasSubstr("evaluations: no such device; training goes on"));
  {
    Trainer without(judged(10), digits());  // where nothing can judge it stays to be done
    without.load(newest_checkpoint(run)->content);
    said(run, without);
    EXPECT_TRUE(without.has_to_show());
  }
  Trainer again(judged(20), digits());
  again.load(newest_checkpoint(run)->content);
  std::vector<int64_t> judged_at;
  again.judge_by(judge_that([&] { judged_at.push_back(again.step()); }));
  said(run, again);
  EXPECT_THAT(judged_at, testing::ElementsAre(10, 15, 20));
}

TEST(Trainer, AnEvaluationWhoseBestGeneratorCannotBeWrittenIsCountedOnceAtTheResume) {
  const TemporaryFolder folder;
  const RunFolder straight = RunFolder::create(folder / "straight", "x"), run = RunFolder::create(folder / "run", "x");
  Trainer unbroken(judged(10), digits());
  unbroken.judge_by(judge_that([] {}));
  said(straight, unbroken);
  fs::create_directories(run.best_generator() / "in the way");
  Trainer trainer(judged(10), digits());
  trainer.judge_by(judge_that([] {}));
  EXPECT_THAT(said(run, trainer), testing::HasSubstr("g-best.pt: expected a file, got a folder; training goes on"));
  EXPECT_EQ(trainer.best().step, -1);
  fs::remove_all(run.best_generator());
  Trainer again(judged(10), digits());
  again.load(newest_checkpoint(run)->content);
  again.judge_by(judge_that([] {}));
  said(run, again);
  EXPECT_EQ(again.best().step, 10);
  EXPECT_TRUE(fs::exists(run.best_generator()));
  const std::string lines = test::slurp(run.metrics());
  EXPECT_EQ(count_of(lines, "\"kind\": \"evaluation\", \"step\": 10,"), 1) << lines;
  const auto lines_of_10 = [](const RunFolder& of) { return test::lines_of(timeless_metrics(of)).back(); };
  EXPECT_EQ(lines_of_10(run), lines_of_10(straight));
}

TEST(Trainer, AStopAmidAnEvaluationLeavesItToTheResumeAndTheSameEnd) {
  const TemporaryFolder folder;
  const RunFolder straight = RunFolder::create(folder / "straight", "x"), run = RunFolder::create(folder / "run", "x");
  Trainer unbroken(judged(20), digits());
  unbroken.judge_by(judge_that([] {}));
  said(straight, unbroken);
  for (const int64_t stop : {5, 10, 20}) {  // without a checkpoint that is due, with one, and at the end
    Trainer trainer(judged(20), digits());
    if (const auto newest = newest_checkpoint(run)) trainer.load(newest->content);
    trainer.judge_by(judge_that([&] {
      if (trainer.step() == stop) throw Stopped();
    }));
    Progress progress({}, true);
    EXPECT_EQ(trainer.run(run, progress), RunEnd::stopped);
    EXPECT_EQ(newest_checkpoint(run)->path, run.checkpoint(stop));
  }
  Trainer last(judged(20), digits());
  last.load(newest_checkpoint(run)->content);
  last.judge_by(judge_that([] {}));
  Progress progress({}, true);
  EXPECT_EQ(last.run(run, progress), RunEnd::finished);
  EXPECT_EQ(test::slurp(run.generator()), test::slurp(straight.generator()));
  EXPECT_EQ(test::slurp(run.best_generator()), test::slurp(straight.best_generator()));
  EXPECT_EQ(steps_of_lines(run), steps_of_lines(straight));
}

/// The message of the Diverged that the run ends with.
std::string divergence(Trainer& trainer, const RunFolder& folder) {
  try {
    Progress progress(folder.log(), true);
    trainer.run(folder, progress);
  } catch (const Diverged& failure) {
    return failure.what();
  }
  ADD_FAILURE() << "expected the run to diverge";
  return {};
}

/// Steps of SGD so wide that weights grow without bound.
Options reckless(int64_t steps) {
  Options options = small(steps);
  options.network.arch = Arch::mlp;
  options.g_optimizer.kind = options.d_optimizer.kind = OptimizerKind::sgd;
  options.g_optimizer.learning_rate = options.d_optimizer.learning_rate = 1000;
  options.game.loss = Loss::lsgan;
  options.checkpoint_every = {1};
  return options;
}

bool weights_are_finite(const Checkpoint& checkpoint) {
  for (const auto& [name, part] : checkpoint.section("training").get<Dict>("parts").items) {
    for (const auto& [key, weights] : std::get<Dict>(part).items) {
      if (!at::isfinite(std::get<at::Tensor>(weights)).all().item<bool>()) return false;
    }
  }
  return true;
}

TEST(Trainer, LossesThatAreNotFiniteEndTheRunWithTheLastGoodCheckpointUntouched) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Trainer trainer(reckless(100), digits());
  const std::string told = divergence(trainer, run);
  EXPECT_THAT(told, testing::MatchesRegex("step [0-9]+: the (losses|weights) are not finite: .*"));
  EXPECT_THAT(told, testing::HasSubstr("--lr"));
  const auto last = newest_checkpoint(run);
  ASSERT_TRUE(last);
  EXPECT_THAT(told, testing::HasSubstr(last->path.string()));
  EXPECT_LT(last->step(), trainer.step());
  EXPECT_TRUE(weights_are_finite(*last));
}

TEST(Trainer, RollbackGivesUpAfterTheThirdTime) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = reckless(100);
  options.on_nan = OnNan::rollback;
  Trainer trainer(options, digits());
  divergence(trainer, run);
  const std::string log = test::slurp(run.log());
  for (const char* time : {"1 of 3", "2 of 3", "3 of 3"}) {
    EXPECT_EQ(count_of(log, std::string("other noise, ") + time), 1) << log;
  }
  EXPECT_TRUE(weights_are_finite(*newest_checkpoint(run)));
}

TEST(Trainer, LossesThatAreNotFiniteAreNamedAlsoWhereThereIsNoWayBack) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = reckless(100);
  options.on_nan = OnNan::rollback;
  options.checkpoint_every = {0};
  Trainer trainer(options, digits());
  fs::create_directories(run.checkpoints());
  test::spill(run.checkpoint(1), "no checkpoint");
  EXPECT_THAT(divergence(trainer, run),
              testing::MatchesRegex("step [0-9]+: the losses are not finite: .*; and there is no way back: no "
                                    "checkpoint is whole: .*step-000001.pt: not a zip file"));
}

/// A generator that overflows on latents beyond 2: whether a step goes well is up to its noise.
Dict overflowing_at_large_latents(const Dict& checkpoint, uint64_t noise_seed) {
  const Dict& training = checkpoint.get<Dict>("training");
  for (const Dict& weights : {training.get<Dict>("parts").get<Dict>("generator"),
                              training.get<Dict>("averages").get<Dict>("generator").get<Dict>("weights")}) {
    weights.get<at::Tensor>("linear1.weight").zero_()[0][0] = std::numeric_limits<float>::max() / 2;
    weights.get<at::Tensor>("linear2.weight").zero_();  // gives 0, or nan where an infinity comes
  }
  const Dict noise{{{"cpu", generator_state(make_generator(noise_seed))}}};
  return test::with(checkpoint, {"training", "random"}, noise);
}

TEST(Trainer, RollbackGoesOnWithOtherNoiseAndEndsWithTheSameBitsWhenKilledAndResumed) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = small(1);
  options.network = {.arch = Arch::mlp};
  options.latent.size = 1;
  options.ema = 0, options.batch_size = 4, options.log_every = {1};
  train(options, run);
  options.steps = 2;
  options.on_nan = OnNan::rollback;
  const Dict start = newest_checkpoint(run)->content;
  int rolled_back = 0;
  for (uint64_t seed = 0; seed < 12 && rolled_back == 0; ++seed) {
    options.seed = static_cast<int64_t>(seed);
    const Dict crafted = overflowing_at_large_latents(start, seed);
    const auto finish = [&]() -> std::string {
      write_gan_file(run.checkpoint(1), GanFile::checkpoint, Dict{{crafted.items.begin() + 4, crafted.items.end()}});
      fs::remove(run.checkpoint(2)), fs::remove(run.log());
      Trainer trainer(options, digits());
      trainer.load(newest_checkpoint(run)->content);
      try {
        Progress progress(run.log(), true);
        trainer.run(run, progress);
      } catch (const Diverged&) {
        return "diverged";
      }
      return sha_of(trainer) + timeless_metrics(run);
    };
    const std::string first = finish();
    const bool once = fs::exists(run.log()) && count_of(test::slurp(run.log()), "other noise, ") > 0;
    if (!once || first == "diverged") continue;
    ++rolled_back;
    EXPECT_EQ(count_of(first, "\n"), 2);  // a line a step, that of the failed one taken back
    EXPECT_EQ(finish(), first);
    EXPECT_GE(newest_checkpoint(run)->section("sitting").get<int64_t>("rollbacks"), 1);
  }
  EXPECT_GE(rolled_back, 1);
}

}  // namespace
}  // namespace gan
