#include "gan/run/trainer.h"

#include <sstream>

#include "gan/base/random.h"
#include "gan/run/device.h"
#include "gan/run/recipes.h"
#include "gan/run/sampler.h"
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
  set_up_threads(options.threads);
  Trainer trainer(options, digits());
  Progress progress({}, true);
  trainer.run(folder, progress);
}

void resume(Options options, const RunFolder& folder) {
  Trainer trainer(options, digits());
  trainer.load(read_checkpoint(folder.newest_checkpoint(), FileKind::checkpoint));
  Progress progress({}, true);
  trainer.run(folder, progress);
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
  EXPECT_THAT(metrics, testing::StartsWith("{\"step\": 5, \"epoch\": 1, \"images_seen\": 80, \"seconds\": "));
  for (const char* name : {"images_per_second", "d_loss", "g_loss", "d_real", "d_fake", "peak_memory_bytes"}) {
    EXPECT_THAT(metrics, testing::HasSubstr(name));
  }
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
  train(options, straight);
  Options half = options;
  half.steps = 4;
  train(half, broken);
  seed_default_generators(99);  // what happens between the sittings must not matter
  resume(options, broken);
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

/// Players, optimizers and a stepper on the small networks, without a trainer.
struct Table {
  Options options = small(0);
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
  const at::Tensor latents = latents_of_seeds(options.game.noise, seeds_from(0, 64), options.network.latent_size);
  const double untrained = brightness(sample_images(build_networks(options.network, {1, 28, 28}).generator, latents));
  const double trained = brightness(sample_images(read_generator(run.generator()).averaged, latents));
  const double real = brightness(digits().images);
  EXPECT_GT(std::abs(untrained - real), 80);
  EXPECT_LT(std::abs(trained - real), 40);
}

}  // namespace
}  // namespace gan
