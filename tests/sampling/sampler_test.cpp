#include "gan/sampling/sampler.h"

#include "gan/base/random.h"
#include "gan/networks/build.h"
#include "support/test.h"

namespace gan {
namespace {

NetworkPair networks(Arch arch) {
  seed_default_generators(0);
  return build_networks({.arch = arch, .base_channels = 4, .dropout = 0.3, .init = Init::xavier}, {1, 28, 28});
}

at::Tensor tiles(const Network& generator, const std::vector<int64_t>& seeds) {
  return sample_images(generator, latents_of_seeds({Noise::normal, 100}, seeds));
}

class EverySampler : public testing::TestWithParam<Arch> {};

TEST_P(EverySampler, AnyTileCanBeDrawnAgainAlone) {
  const Network generator = networks(GetParam()).generator;
  const at::Tensor row = tiles(generator, seeds_from(0, 150));
  for (const int64_t seed : {0, 63, 64, 130, 149})
    EXPECT_TRUE(at::equal(row[seed], tiles(generator, {seed})[0])) << seed;
}

INSTANTIATE_TEST_SUITE_P(, EverySampler, testing::Values(Arch::dcgan, Arch::upconv, Arch::mlp),
                         [](const auto& info) { return to_text(info.param); });

TEST(Sampler, LeavesTheNetworkInTrainingModeAndItsRunningAveragesAlone) {
  const Network generator = networks(Arch::dcgan).generator;
  const at::Tensor before = state_dict(generator).get<at::Tensor>("norm1.running_mean").clone();
  tiles(generator, {1, 2, 3});
  EXPECT_TRUE(is_training(generator));
  EXPECT_TRUE(at::equal(before, state_dict(generator).get<at::Tensor>("norm1.running_mean")));
}

TEST(Sampler, DropsNothingWhileItJudges) {
  const NetworkPair pair = networks(Arch::mlp);
  const at::Tensor images = at::ones({2, 1, 28, 28});
  EXPECT_TRUE(at::equal(infer(pair.discriminator, images), infer(pair.discriminator, images)));
}

TEST(Sampler, TypicalSeedsAreTheSameEachTimeAndOfTheRange) {
  for (const Arch arch : {Arch::dcgan, Arch::upconv, Arch::mlp}) {
    const NetworkPair pair = networks(arch);
    const auto draw = [&] {
      return nice_seeds(pair.generator, pair.discriminator, {Noise::normal, 100}, 7, 6, 20, NiceBy::typical);
    };
    const auto seeds = draw();
    EXPECT_EQ(seeds.size(), 6u);
    EXPECT_TRUE(std::is_sorted(seeds.begin(), seeds.end()));
    EXPECT_GE(seeds.front(), 7);
    EXPECT_LT(seeds.back(), 7 + 120);
    EXPECT_EQ(seeds, draw());
  }
}

TEST(Sampler, ABlocksBordersDoNotShowInTheSamples) {
  const Network generator = networks(Arch::mlp).generator;
  const auto seeds = seeds_from(3, 1100);  // a block is 1024
  const at::Tensor all = sample_seeds(generator, {Noise::normal, 100}, seeds);
  EXPECT_TRUE(at::equal(all, tiles(generator, seeds)));
}

TEST(Sampler, NiceSeedsAreThoseTheDiscriminatorLikesBest) {
  const NetworkPair pair = networks(Arch::dcgan);
  const auto seeds = nice_seeds(pair.generator, pair.discriminator, {Noise::normal, 100}, 7, 5, 30, NiceBy::rank);
  const at::Tensor all = infer(pair.generator, latents_of_seeds({Noise::normal, 100}, seeds_from(7, 150)));
  const at::Tensor best = std::get<1>(infer(pair.discriminator, all).flatten().topk(5)) + 7;
  EXPECT_EQ(seeds, std::vector<int64_t>(best.data_ptr<int64_t>(), best.data_ptr<int64_t>() + 5));
}

}  // namespace
}  // namespace gan
