#include "gan/networks/init.h"

#include "gan/base/random.h"
#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

using test::new_pair;
using test::Pair;

TEST(Init, XavierKeepsWeightsWithinItsBoundAndBiasesAtZero) {
  const Pair pair = new_pair({.arch = Arch::mlp, .init = Init::xavier}, {1, 28, 28});
  const auto named = named_parameters(pair.generator);
  EXPECT_EQ(named[0].first, "linear1.weight");  // 100 -> 256
  const double bound = std::sqrt(6.0 / (100 + 256));
  EXPECT_LE(named[0].second.abs().max().item<float>(), bound);
  EXPECT_GT(named[0].second.abs().max().item<float>(), 0.99 * bound);
  EXPECT_EQ(named[1].first, "linear1.bias");
  EXPECT_EQ(named[1].second.abs().max().item<float>(), 0);
}

TEST(Init, DcganDrawsWeightsWithTheDeviationOfItsPaper) {
  const Pair pair = new_pair({.arch = Arch::dcgan, .base_channels = 64, .init = Init::dcgan}, {1, 28, 28});
  for (const auto& [name, values] : named_parameters(pair.generator)) {
    if (name.ends_with(".bias")) {
      EXPECT_EQ(values.abs().max().item<float>(), 0) << name;
    } else {
      EXPECT_NEAR(values.mean().item<float>(), values.dim() == 1 ? 1 : 0, 0.01) << name;
      EXPECT_NEAR(values.std().item<float>(), 0.02, 0.003) << name;
    }
  }
}

TEST(Init, WeightsOfConvolutionsAreChannelsLast) {
  for (const auto& parameter : parameters(new_pair({.arch = Arch::dcgan}, {1, 28, 28}).generator)) {
    EXPECT_TRUE(parameter.dim() != 4 || parameter.is_contiguous(at::MemoryFormat::ChannelsLast));
  }
}

TEST(Init, TheSameSeedGivesTheSameWeights) {
  const auto weights = [](uint64_t seed) {
    seed_default_generators(seed);
    return parameters(new_pair({.arch = Arch::dcgan, .init = Init::dcgan}, {1, 28, 28}).generator).at(0).clone();
  };
  EXPECT_TRUE(at::equal(weights(3), weights(3)));
  EXPECT_FALSE(at::equal(weights(3), weights(4)));
}

}  // namespace
}  // namespace gan
