#include "gan/networks/cost.h"

#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

using test::new_pair;
using test::Pair;

TEST(Cost, OfLinearLayersIsTwoForEachWeight) {
  const Pair pair = new_pair({.arch = Arch::mlp}, {1, 28, 28});
  const Cost g = forward_cost(pair.generator, {100});
  EXPECT_EQ(g.all, 2.0 * (100 * 256 + 256 * 512 + 512 * 1024 + 1024 * 784));
  EXPECT_EQ(g.first, 2.0 * 100 * 256);
  EXPECT_EQ(g.output, (std::vector<int64_t>{1, 28, 28}));
}

TEST(Cost, OfConvolutionsCountsEveryTapOfEveryPixel) {
  const Pair pair = new_pair({.arch = Arch::dcgan, .base_channels = 16}, {1, 28, 28});
  const Cost g = forward_cost(pair.generator, {100});
  EXPECT_EQ(g.all, 2.0 * (100 * 2048 + 4 * 4 * 128 * 64 * 16 + 7 * 7 * 64 * 32 * 16 + 14 * 14 * 32 * 1 * 16));
  const Cost d = forward_cost(pair.discriminator, {1, 28, 28});
  EXPECT_EQ(d.all, 2.0 * (14 * 14 * 1 * 16 * 16 + 7 * 7 * 16 * 32 * 16 + 4 * 4 * 32 * 64 * 16 + 64 * 16));
  EXPECT_EQ(d.first, 2.0 * 14 * 14 * 1 * 16 * 16);
}

TEST(Cost, LeavesTheNetworkAsItWas) {
  const Pair pair = new_pair({.base_channels = 2}, {1, 28, 28});
  const at::Tensor before = std::get<at::Tensor>(state_dict(pair.generator).at("norm1.running_mean")).clone();
  forward_cost(pair.generator, {100});
  EXPECT_TRUE(is_training(pair.generator));
  EXPECT_TRUE(at::equal(before, std::get<at::Tensor>(state_dict(pair.generator).at("norm1.running_mean"))));
}

}  // namespace
}  // namespace gan
