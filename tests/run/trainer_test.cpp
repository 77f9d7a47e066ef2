#include "gan/run/trainer.h"

#include "gan/sampling/sampler.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::digits, test::small, test::train, test::sha_in, test::TemporaryFolder;
namespace fs = std::filesystem;

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

TEST(Trainer, GsFirstWeightsAreNotTheLatentOfATile) {
  Options options = small(1);
  options.network = {.arch = Arch::mlp, .init = Init::standard};
  options.latent.noise = Noise::uniform;
  const Trainer trainer(options, digits());
  const Model& model = trainer.training().model();
  const at::Tensor weights = parameters(model.part("generator").network).front()[0].detach();
  const at::Tensor unit = 10 * weights;  // uniform in [-1, 1), as a latent is
  LatentSpace latents = model.latents();
  EXPECT_GT((unit - latents.of_seeds({0})[0]).abs().max().item<float>(), 1);
  latents.set_generator(LatentGenerator::mt19937);
  EXPECT_LT((unit - latents.of_seeds({0})[0]).abs().max().item<float>(), 1e-5);  // what it was
}

TEST(Trainer, TheSameSeedGivesTheSameBitsAndAnotherDoesNot) {
  const TemporaryFolder folder;
  const auto sha = [&](const std::string& name, int64_t seed) {
    Options options = small(3);
    options.seed = seed;
    const RunFolder run = RunFolder::create(folder / name, "x");
    train(options, run);
    return sha_in(run.generator(), WeightsKind::raw);
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
  EXPECT_EQ(sha_in(often.generator(), WeightsKind::raw), sha_in(never.generator(), WeightsKind::raw));
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

TEST(Trainer, ATinyRunMakesImagesAsDarkAsDigits) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "x");
  Options options = small(300);
  for (OptimizerOptions* each : {&options.g_optimizer, &options.d_optimizer}) {
    each->learning_rate = 3e-3, each->beta2 = 0.999;
  }
  options.ema = 0.9;
  train(options, run);
  const auto brightness = [](const at::Tensor& bytes) { return bytes.to(at::kFloat).mean().item<double>(); };
  const auto seeds = seeds_from(0, 64);
  const double untrained = brightness(sample_seeds(Trainer(options, digits()).training().model(), seeds));
  const double trained = brightness(sample_seeds(*read_model(run.generator()).model, seeds));
  const double real = brightness(digits().images);
  EXPECT_GT(std::abs(untrained - real), 80);
  EXPECT_LT(std::abs(trained - real), 40);
}

}  // namespace
}  // namespace gan
