// Runs that are stopped and resumed, or begun with another's weights.
#include "gan/run/trainer.h"

#include <limits>

#include "gan/base/archive.h"
#include "gan/images/png.h"
#include "gan/sampling/sampler.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::digits, test::small, test::train, test::resume, test::sha_in, test::sha_of, test::timeless_metrics,
    test::train_straight_and_broken, test::TemporaryFolder;

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
  EXPECT_EQ(sha_in(straight.generator(), WeightsKind::ema), sha_in(broken.generator(), WeightsKind::ema));
  EXPECT_EQ(sha_in(straight.generator(), WeightsKind::raw), sha_in(broken.generator(), WeightsKind::raw));
  EXPECT_EQ(sha_in(straight.generator(), WeightsKind::raw, "discriminator"),
            sha_in(broken.generator(), WeightsKind::raw, "discriminator"));
  EXPECT_EQ(timeless_metrics(straight), timeless_metrics(broken));
  EXPECT_EQ(test::slurp(straight.sample(8)), test::slurp(broken.sample(8)));
}

INSTANTIATE_TEST_SUITE_P(, EveryRecipe, testing::Values("dcgan", "dcgan-wide", "upconv", "mlp", "mlp-smooth"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Trainer, ARunWhoseRatesFallGoesOnWithTheRateThatItHad) {
  Options options = small(8);
  options.g_optimizer.decay_after = 2, options.d_optimizer.decay_after = 3;
  options.checkpoint_every = {4};
  const TemporaryFolder folder;
  const RunFolder straight = RunFolder::create(folder / "straight", "x"),
                  stays = RunFolder::create(folder / "stays", "x"), broken = RunFolder::create(folder / "broken", "x");
  train_straight_and_broken(options, straight, broken);
  EXPECT_EQ(sha_in(straight.generator(), WeightsKind::raw), sha_in(broken.generator(), WeightsKind::raw));
  train(small(8), stays);
  EXPECT_NE(sha_in(straight.generator(), WeightsKind::raw), sha_in(stays.generator(), WeightsKind::raw));
}

/// What a program wrote that knew mt19937 alone.
Dict from_before_philox(Dict checkpoint) {
  for (auto& [key, value] : checkpoint.items) {
    if (key != "training") continue;
    std::erase_if(std::get<Dict>(value).items, [](const auto& item) { return item.first == "latent_generator"; });
  }
  return checkpoint;
}

TEST(Trainer, ARunFromBeforePhiloxGoesOnToDrawItsTilesByMt19937) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(10), run);
  EXPECT_EQ(read_model(run.generator()).model->latents().generator(), LatentGenerator::philox);
  write_archive(run.checkpoint(10), from_before_philox(newest_checkpoint(run)->content));
  resume(small(15), run);
  resume(small(20), run);  // as the checkpoint of step 15 says
  const TrainedModel trained = read_model(run.generator());
  const auto write = [&](const std::string& name) {
    write_png(folder / name, make_grid({sample_seeds(*trained.model, seeds_from(0, 6)), {2, 3}}));
    return test::slurp(folder / name);
  };
  EXPECT_EQ(trained.model->latents().generator(), LatentGenerator::mt19937);
  const std::string old_tiles = write("old.png");
  EXPECT_EQ(test::slurp(run.sample(20)), old_tiles);
  trained.model->latents().set_generator(LatentGenerator::philox);
  EXPECT_NE(write("new.png"), old_tiles);
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

TEST(Trainer, ARunThatBeginsWithAnothersWeightsHasNothingElseOfIt) {
  const TemporaryFolder folder;
  const RunFolder source = RunFolder::create(folder / "source", "x"), fork = RunFolder::create(folder / "fork", "x");
  train(small(5), source);
  Options options = small(3);
  options.seed = 9;
  Trainer trainer(options, digits());
  trainer.load_weights(newest_checkpoint(source)->content);
  EXPECT_EQ(sha_of(trainer), sha_in(source.generator(), WeightsKind::raw));
  EXPECT_EQ(trainer.sha256(), sha_in(source.generator(), WeightsKind::ema));
  EXPECT_EQ(sha_of(trainer, "discriminator"), sha_in(source.generator(), WeightsKind::raw, "discriminator"));
  EXPECT_EQ(trainer.step(), 0);
  trainer.save_start(fork);
  const auto start = newest_checkpoint(fork);
  EXPECT_EQ(start->step(), 0);
  const Dict& steps = start->section("training").get<Dict>("optimizers").get<Dict>("generator").get<Dict>("steps");
  EXPECT_EQ(std::get<at::Tensor>(steps.items.at(0).second).item<double>(), 0);

  Progress progress({}, true);
  trainer.run(fork, progress);
  const std::string unbroken = sha_in(fork.generator(), WeightsKind::raw);
  Trainer again(options, digits());  // killed before its first checkpoint
  again.load(start->content);
  again.run(fork, progress);
  EXPECT_EQ(sha_in(fork.generator(), WeightsKind::raw), unbroken);
}

TEST(Trainer, ACheckpointFromAnotherKindOfDeviceGoesOnWithNoiseOfItsOwn) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(2), run);
  const Dict checkpoint = newest_checkpoint(run)->content;
  const Dict noise = checkpoint.get<Dict>("training").get<Dict>("random");
  const Dict moved = test::with(checkpoint, {"training", "random"}, Dict{{{"cuda", noise.at("cpu")}}});
  const auto draw_after_load = [&](const Dict& content) {
    Trainer trainer(small(4), digits());
    trainer.load(content);
    return at::randn({4});
  };
  EXPECT_TRUE(at::equal(draw_after_load(moved), draw_after_load(moved)));
  EXPECT_FALSE(at::equal(draw_after_load(moved), draw_after_load(checkpoint)));
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

TEST(Trainer, RefusesACheckpointWithNumbersThatCannotBe) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  train(small(2), run);
  const Dict good = newest_checkpoint(run)->content;
  for (const auto& [section, key] : {std::pair("training", "step"),
                                     {"training", "images_seen"},
                                     {"sitting", "rollbacks"},
                                     {"sitting", "metrics_bytes"}}) {
    for (const int64_t number :
         {int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
      Trainer trainer(small(4), digits());
      EXPECT_THAT(test::error_of([&] {
                    trainer.load(test::with(good, {section, key}, number));
                  }),
                  testing::HasSubstr("cannot be"));
    }
  }
}

}  // namespace
}  // namespace gan
