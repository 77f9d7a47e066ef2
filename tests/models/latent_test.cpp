#include "gan/models/latent.h"

#include "gan/base/random.h"
#include "support/test.h"

namespace gan {
namespace {

TEST(Latent, OfASeedDoesNotDependOnItsNeighbours) {
  const at::Tensor row = latents_of_seeds({Noise::normal, 100}, {3, 4, 5});
  EXPECT_TRUE(at::equal(row[2], latents_of_seeds({Noise::normal, 100}, {5})[0]));
  EXPECT_FALSE(at::equal(row[0], row[1]));
}

TEST(Latent, OfSeedsLeavesTheDefaultGeneratorAlone) {
  const at::Tensor before = generator_state(default_generator(at::kCPU));
  latents_of_seeds({Noise::uniform, 100}, {1, 2});
  EXPECT_TRUE(at::equal(before, generator_state(default_generator(at::kCPU))));
}

TEST(Latent, HasTheDistributionThatWasAskedFor) {
  seed_default_generators(0);
  const at::Tensor normal = draw_latents(Noise::normal, 1000, 100, at::kCPU);
  EXPECT_NEAR(normal.mean().item<float>(), 0, 0.02);
  EXPECT_NEAR(normal.std().item<float>(), 1, 0.02);
  const at::Tensor uniform = draw_latents(Noise::uniform, 1000, 100, at::kCPU);
  EXPECT_GE(uniform.min().item<float>(), -1);
  EXPECT_LT(uniform.max().item<float>(), 1);
  EXPECT_NEAR(uniform.std().item<float>(), 1 / std::sqrt(3.0), 0.02);
}

}  // namespace
}  // namespace gan
