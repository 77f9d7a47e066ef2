#include "gan/run/trainer.h"

#include <limits>
#include <new>
#include <sstream>

#include "gan/base/archive.h"
#include "gan/base/gan_file.h"
#include "gan/base/random.h"
#include "gan/base/stop.h"
#include "gan/device/device.h"
#include "gan/images/png.h"
#include "gan/sampling/sampler.h"
#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

using test::TemporaryFolder;
namespace fs = std::filesystem;

const Dataset& digits() {
  static const Dataset data = load_dataset(test::mnist_tiny());
  return data;
}

Options small(int64_t steps) {
  Options options = find_recipe("dcgan").options;
  options.network.base_channels = 4;
  options.batch_size = 16;
  options.steps = steps;
  options.log_every = {5};
  options.sample_every = {10};
  options.checkpoint_every = {10};
  options.grid = {2, 3};
  options.threads = 1;
  return options;
}

/// Trains into `folder`, which is new.
void train(const Options& options, const RunFolder& folder) {
  set_up_cpu(options.threads);
  Trainer trainer(options, digits());
  Progress progress({}, true);
  trainer.run(folder, progress);
}

void resume(Options options, const RunFolder& folder) {
  Trainer trainer(options, digits());
  trainer.load(newest_checkpoint(folder)->content);
  Progress progress({}, true);
  trainer.run(folder, progress);
}

/// The same run into both folders, broken at the middle in the second one.
void train_straight_and_broken(const Options& options, const RunFolder& straight, const RunFolder& broken) {
  train(options, straight);
  Options half = options;
  half.steps = options.steps / 2;
  train(half, broken);
  seed_default_generators(99);  // what happens between the sittings must not matter
  resume(options, broken);
}

/// metrics.jsonl without what the clock decides.
std::string timeless_metrics(const RunFolder& folder) {
  std::istringstream lines(test::slurp(folder.metrics()));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    text += line.substr(0, line.find("\"seconds\"")) +
            line.substr(line.find("\"d_loss\""), line.find("\"peak") - line.find("\"d_loss\"")) + "\n";
  }
  return text;
}

/// The beginnings of all lines of metrics.jsonl, up to their time.
std::string steps_of_lines(const RunFolder& folder) {
  std::istringstream lines(test::slurp(folder.metrics()));
  std::string text;
  for (std::string line; std::getline(lines, line);) text += line.substr(0, line.find("\"seconds\"")) + "\n";
  return text;
}

TEST(Trainer, LeavesEverythingThatARunPromises) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(23), run);
  for (const auto& path : {run.metrics(), run.real(), run.generator(), run.sample(0), run.sample(10), run.sample(20),
                           run.sample(23), run.checkpoint(20), run.checkpoint(23)}) {
    EXPECT_TRUE(fs::exists(path)) << path;
  }
  EXPECT_FALSE(fs::exists(run.checkpoint(10)));  // the last two are kept
  const std::string metrics = test::slurp(run.metrics());
  EXPECT_EQ(std::count(metrics.begin(), metrics.end(), '\n'), 5);  // 5, 10, 15, 20, and the end
  EXPECT_THAT(metrics, testing::StartsWith(
                           "{\"kind\": \"step\", \"step\": 5, \"epoch\": 1, \"images_seen\": 80, \"seconds\": "));
  for (const char* name : {"images_per_second", "d_loss", "g_loss", "d_real", "d_fake", "peak_memory_bytes"}) {
    EXPECT_THAT(metrics, testing::HasSubstr(name));
  }
}

TEST(Trainer, ARunTakenFurtherKeepsTheLineOfItsFirstEnd) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = small(20);
  options.log_every = {7}, options.checkpoint_every = {10};
  train(options, run);
  options.steps = 28;
  resume(options, run);
  std::vector<std::string> steps;
  std::istringstream lines(test::slurp(run.metrics()));
  for (std::string line; std::getline(lines, line);) steps.push_back(line.substr(0, line.find(", \"epoch")));
  const std::string step = "{\"kind\": \"step\", \"step\": ";
  EXPECT_THAT(steps, testing::ElementsAre(step + "7", step + "14", step + "20", step + "21", step + "28"));
}

class EveryRecipe : public testing::TestWithParam<std::string> {};

TEST_P(EveryRecipe, ResumedAtTheMiddleEndsWithTheSameBits) {
  Options options = find_recipe(GetParam()).options;
  const Options sizes = small(8);
  options.network.base_channels = 4, options.batch_size = 8, options.steps = 8, options.threads = 1, options.limit = 40;
  options.log_every = {1}, options.sample_every = {4}, options.checkpoint_every = {4}, options.grid = sizes.grid;
  const TemporaryFolder folder;
  const RunFolder straight = RunFolder::create(folder / "straight", "x"),
                  broken = RunFolder::create(folder / "broken", "x");
  train_straight_and_broken(options, straight, broken);
  EXPECT_EQ(weights_sha256(read_generator(straight.generator()).averaged),
            weights_sha256(read_generator(broken.generator()).averaged));
  EXPECT_EQ(weights_sha256(read_generator(straight.generator()).raw),
            weights_sha256(read_generator(broken.generator()).raw));
  EXPECT_EQ(weights_sha256(read_generator(straight.generator()).discriminator),
            weights_sha256(read_generator(broken.generator()).discriminator));
  EXPECT_EQ(timeless_metrics(straight), timeless_metrics(broken));
  EXPECT_EQ(test::slurp(straight.sample(8)), test::slurp(broken.sample(8)));
}

INSTANTIATE_TEST_SUITE_P(, EveryRecipe, testing::Values("dcgan", "dcgan-wide", "upconv", "mlp", "mlp-smooth"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// What a program wrote that knew mt19937 alone.
Dict from_before_philox(Dict checkpoint) {
  std::erase_if(checkpoint.items, [](const auto& item) { return item.first == "latent_generator"; });
  return checkpoint;
}

TEST(Trainer, ARunFromBeforePhiloxGoesOnToDrawItsTilesByMt19937) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(10), run);
  EXPECT_EQ(read_generator(run.generator()).latents().generator, LatentGenerator::philox);
  write_archive(run.checkpoint(10), from_before_philox(newest_checkpoint(run)->content));
  resume(small(15), run);
  resume(small(20), run);  // as the checkpoint of step 15 says
  const TrainedGenerator trained = read_generator(run.generator());
  LatentSource old{trained.options.game.noise, trained.options.network.latent_size, LatentGenerator::mt19937};
  write_png(folder / "old.png", make_grid(sample_seeds(trained.averaged, old, seeds_from(0, 6)), {2, 3}));
  EXPECT_EQ(test::slurp(run.sample(20)), test::slurp(folder / "old.png"));
  EXPECT_EQ(trained.latents().generator, LatentGenerator::mt19937);
  old.generator = LatentGenerator::philox;
  write_png(folder / "new.png", make_grid(sample_seeds(trained.averaged, old, seeds_from(0, 6)), {2, 3}));
  EXPECT_NE(test::slurp(folder / "new.png"), test::slurp(folder / "old.png"));
}

TEST(Trainer, GsFirstWeightsAreNotTheLatentOfATile) {
  Options options = small(1);
  options.network = {.arch = Arch::mlp, .init = Init::standard};
  options.game.noise = Noise::uniform;
  const TrainedGenerator generator = Trainer(options, digits()).generator();
  const at::Tensor unit = 10 * parameters(generator.raw).front()[0].detach();  // uniform in [-1, 1), as a latent is
  LatentSource latents = generator.latents();
  EXPECT_GT((unit - latents_of_seeds(latents, {0})[0]).abs().max().item<float>(), 1);
  latents.generator = LatentGenerator::mt19937;
  EXPECT_LT((unit - latents_of_seeds(latents, {0})[0]).abs().max().item<float>(), 1e-5);  // what it was
}

TEST(Trainer, TheSameSeedGivesTheSameBitsAndAnotherDoesNot) {
  const TemporaryFolder folder;
  const auto sha = [&](const std::string& name, int64_t seed) {
    Options options = small(3);
    options.seed = seed;
    const RunFolder run = RunFolder::create(folder / name, "x");
    train(options, run);
    return weights_sha256(read_generator(run.generator()).raw);
  };
  const std::string first = sha("a", 1);
  EXPECT_EQ(first, sha("b", 1));
  EXPECT_NE(first, sha("c", 2));
}

TEST(Trainer, OutputIntervalsDoNotChangeTheWeights) {
  const TemporaryFolder folder;
  const RunFolder often = RunFolder::create(folder / "often", "x"), never = RunFolder::create(folder / "never", "x");
  Options options = small(6);
  options.log_every = options.sample_every = options.checkpoint_every = {1};
  train(options, often);
  options.log_every = options.sample_every = options.checkpoint_every = {0};
  train(options, never);
  EXPECT_EQ(weights_sha256(read_generator(often.generator()).raw),
            weights_sha256(read_generator(never.generator()).raw));
}

TEST(Trainer, RefusesACheckpointMadeOnOtherImages) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(2), run);
  Options options = small(4);
  options.limit = 500;
  EXPECT_THAT(test::error_of([&] { resume(options, run); }), testing::HasSubstr("expected the 1000 images"));
}

TEST(Trainer, RefusesACheckpointMadeOnOtherImagesOfTheSameNumber) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(2), run);
  Dataset others = digits();
  others.images = others.images.flip(0);
  Trainer trainer(small(4), others);
  EXPECT_THAT(test::error_of([&] { trainer.load(newest_checkpoint(run)->content); }),
              testing::HasSubstr("holds other images"));
}

TEST(Trainer, LossesOfATurnThatDidNotComeSinceAreInTheFirstLineAfterAResume) {
  Options options = small(8);
  options.game.d_steps = 3;
  options.log_every = {1}, options.checkpoint_every = {4};
  const TemporaryFolder folder;
  const RunFolder straight = RunFolder::create(folder / "straight", "x"),
                  broken = RunFolder::create(folder / "broken", "x");
  train_straight_and_broken(options, straight, broken);
  EXPECT_THAT(timeless_metrics(straight), testing::HasSubstr("\"g_loss\""));
  EXPECT_EQ(timeless_metrics(straight), timeless_metrics(broken));
}

TEST(Trainer, KeepsEveryCheckpointThatItIsAskedToKeep) {
  Options options = small(12);
  options.checkpoint_every = {2}, options.keep_every = {5};
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(options, run);
  EXPECT_THAT(test::names_in(run.checkpoints()),
              testing::ElementsAre("step-000005.pt", "step-000010.pt", "step-000012.pt"));
}

TEST(Trainer, ARunThatBeginsWithAnothersWeightsHasNothingElseOfIt) {
  const TemporaryFolder folder;
  const RunFolder source = RunFolder::create(folder / "source", "x"), fork = RunFolder::create(folder / "fork", "x");
  train(small(5), source);
  Options options = small(3);
  options.seed = 9;
  Trainer trainer(options, digits());
  trainer.load_weights(newest_checkpoint(source)->content);
  const TrainedGenerator from = read_generator(source.generator());
  EXPECT_EQ(weights_sha256(trainer.generator().raw), weights_sha256(from.raw));
  EXPECT_EQ(weights_sha256(trainer.generator().averaged), weights_sha256(from.averaged));
  EXPECT_EQ(weights_sha256(trainer.generator().discriminator), weights_sha256(from.discriminator));
  EXPECT_EQ(trainer.step(), 0);
  trainer.save_start(fork);
  const auto start = newest_checkpoint(fork);
  EXPECT_EQ(start->content.get<int64_t>("step"), 0);
  const Dict& steps =
      start->content.get<Dict>("players").get<Dict>("generator").get<Dict>("optimizer").get<Dict>("steps");
  EXPECT_EQ(std::get<at::Tensor>(steps.items.at(0).second).item<double>(), 0);

  Progress progress({}, true);
  trainer.run(fork, progress);
  const std::string unbroken = weights_sha256(read_generator(fork.generator()).raw);
  Trainer again(options, digits());  // killed before its first checkpoint
  again.load(start->content);
  again.run(fork, progress);
  EXPECT_EQ(weights_sha256(read_generator(fork.generator()).raw), unbroken);
}

TEST(Trainer, ACheckpointFromAnotherKindOfDeviceGoesOnWithNoiseOfItsOwn) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(2), run);
  Dict moved = newest_checkpoint(run)->content;
  for (auto& [key, value] : moved.items) {
    if (key == "random") std::get<Dict>(value).items.at(0).first = "cuda";
  }
  const auto draw_after_load = [&](const Dict& checkpoint) {
    Trainer trainer(small(4), digits());
    trainer.load(checkpoint);
    return draw_latents(Noise::normal, 1, 4, at::kCPU);
  };
  EXPECT_TRUE(at::equal(draw_after_load(moved), draw_after_load(moved)));
  EXPECT_FALSE(at::equal(draw_after_load(moved), draw_after_load(newest_checkpoint(run)->content)));
}

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
  EXPECT_EQ(newest_checkpoint(run)->content.get<Dict>("best").get<int64_t>("step"), 20);
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

bool weights_are_finite(const Dict& checkpoint) {
  for (const auto& [name, player] : checkpoint.get<Dict>("players").items) {
    for (const auto& [key, weights] : std::get<Dict>(player).get<Dict>("weights").items) {
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
  EXPECT_THAT(told, testing::MatchesRegex("step [0-9]+: the (losses|weights) are not finite any more: .*"));
  EXPECT_THAT(told, testing::HasSubstr("--lr"));
  const auto last = newest_checkpoint(run);
  ASSERT_TRUE(last);
  EXPECT_THAT(told, testing::HasSubstr(last->path.string()));
  EXPECT_LT(last->content.get<int64_t>("step"), trainer.step());
  EXPECT_TRUE(weights_are_finite(last->content));
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
  EXPECT_TRUE(weights_are_finite(newest_checkpoint(run)->content));
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
              testing::MatchesRegex("step [0-9]+: the losses are not finite .*; and there is no way back: no "
                                    "checkpoint is whole: .*step-000001.pt: not a zip file"));
}

TEST(Trainer, RefusesACheckpointWithNumbersThatCannotBe) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(2), run);
  const Dict good = newest_checkpoint(run)->content;
  for (const char* key : {"step", "images_seen", "rollbacks", "metrics_bytes"}) {
    for (const int64_t number :
         {int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
      Dict bad = good;
      for (auto& [name, value] : bad.items) {
        if (name == key) value = Value(number);
      }
      Trainer trainer(small(4), digits());
      EXPECT_THAT(test::error_of([&] { trainer.load(bad); }), testing::HasSubstr("cannot be"));
    }
  }
}

/// A generator that overflows on latents beyond 2: whether a step goes well is up to its noise.
Dict overflowing_at_large_latents(Dict checkpoint, uint64_t noise_seed) {
  for (auto& [key, value] : checkpoint.items) {
    if (key == "random") value = Dict{{{"cpu", generator_state(make_generator(noise_seed))}}};
    if (key != "players" && key != "average") continue;
    const Dict& holder = std::get<Dict>(value);
    const Dict& weights = (key == "players" ? holder.get<Dict>("generator") : holder).get<Dict>("weights");
    weights.get<at::Tensor>("linear1.weight").zero_()[0][0] = std::numeric_limits<float>::max() / 2;
    weights.get<at::Tensor>("linear2.weight").zero_();  // gives 0, or nan where an infinity comes
  }
  return checkpoint;
}

TEST(Trainer, RollbackGoesOnWithOtherNoiseAndEndsWithTheSameBitsWhenKilledAndResumed) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = small(1);
  options.network = {.arch = Arch::mlp, .latent_size = 1};
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
      return weights_sha256(trainer.generator().raw) + timeless_metrics(run);
    };
    const std::string first = finish();
    const bool once = fs::exists(run.log()) && count_of(test::slurp(run.log()), "other noise, ") > 0;
    if (!once || first == "diverged") continue;
    ++rolled_back;
    EXPECT_EQ(count_of(first, "\n"), 2);  // a line a step, that of the failed one taken back
    EXPECT_EQ(finish(), first);
    EXPECT_GE(newest_checkpoint(run)->content.get<int64_t>("rollbacks"), 1);
  }
  EXPECT_GE(rolled_back, 1);
}

Options with_fresh_noise() {
  Options options = small(0);
  options.game.fresh_noise = true;  // so that each turn can be taken without the other
  return options;
}

/// Players, optimizers and a stepper on the small networks, without a trainer.
struct Table {
  Options options = with_fresh_noise();
  NetworkPair networks;
  Gan gan;
  std::vector<Optimizer> optimizers;
  Stepper stepper;
  Batches batches;

  Table()
      : networks((seed_default_generators(0), build_networks(options.network, digits().shape()))),
        gan(networks, options.game),
        optimizers{Optimizer(networks.generator, options.g_optimizer),
                   Optimizer(networks.discriminator, options.d_optimizer)},
        stepper(gan, optimizers, Precision::fp32),
        batches(digits(), options.batch_size, Sampling::epoch, 0) {}

  double scalar(const std::string& name) const {
    for (const auto& [key, value] : stepper.scalars()) {
      if (key == name) return value.item<double>();
    }
    return std::nan("");
  }
};

TEST(Stepper, OnlyThePlayerWhoseTurnItIsMoves) {
  Table table;
  const auto sha = [](const Network& network) { return weights_sha256(network); };
  const auto parameters_of = [](const Network& network) {
    std::vector<at::Tensor> copies;
    for (const auto& parameter : parameters(network)) copies.push_back(parameter.detach().clone());
    return copies;
  };
  const auto g = parameters_of(table.networks.generator);
  const std::string d = sha(table.networks.discriminator);
  table.stepper.take(table.gan.turns()[0], table.batches.next());
  EXPECT_NE(sha(table.networks.discriminator), d);
  const auto after = parameters(table.networks.generator);
  for (size_t i = 0; i < g.size(); ++i) EXPECT_TRUE(at::equal(g[i], after[i])) << i;

  const auto d_before = parameters_of(table.networks.discriminator);
  table.stepper.take(table.gan.turns()[1], table.batches.next());
  const auto d_after = parameters(table.networks.discriminator);
  for (size_t i = 0; i < d_before.size(); ++i) EXPECT_TRUE(at::equal(d_before[i], d_after[i])) << i;
  EXPECT_FALSE(at::equal(g[0], parameters(table.networks.generator)[0]));
}

TEST(Stepper, DLearnsToTellRealFromFake) {
  Table table;
  for (int i = 0; i < 30; ++i) table.stepper.take(table.gan.turns()[0], table.batches.next());
  EXPECT_GT(table.scalar("d_real"), 0.9);
  EXPECT_LT(table.scalar("d_fake"), 0.1);
}

TEST(Stepper, GLearnsToDeceiveAStandingD) {
  Table table;
  for (int i = 0; i < 10; ++i) table.stepper.take(table.gan.turns()[0], table.batches.next());
  table.stepper.take(table.gan.turns()[1], table.batches.next());
  const double before = table.scalar("g_loss");
  for (int i = 0; i < 30; ++i) table.stepper.take(table.gan.turns()[1], table.batches.next());
  EXPECT_LT(table.scalar("g_loss"), before / 4);
}

TEST(Trainer, ATinyRunMakesImagesAsDarkAsDigits) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = small(300);
  options.g_optimizer.learning_rate = options.d_optimizer.learning_rate = 3e-3;
  options.ema = 0.9;
  train(options, run);
  const auto brightness = [](const at::Tensor& bytes) { return bytes.to(at::kFloat).mean().item<double>(); };
  const at::Tensor latents = latents_of_seeds({options.game.noise, options.network.latent_size}, seeds_from(0, 64));
  const double untrained = brightness(sample_images(build_networks(options.network, {1, 28, 28}).generator, latents));
  const double trained = brightness(sample_images(read_generator(run.generator()).averaged, latents));
  const double real = brightness(digits().images);
  EXPECT_GT(std::abs(untrained - real), 80);
  EXPECT_LT(std::abs(trained - real), 40);
}

}  // namespace
}  // namespace gan
