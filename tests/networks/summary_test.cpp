#include "gan/networks/summary.h"

#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

using test::new_pair;
using test::Pair;
using testing::HasSubstr;

TEST(Summary, NamesLayersShapesParametersAndTotals) {
  const Pair pair = new_pair({.arch = Arch::dcgan, .base_channels = 64}, {1, 28, 28});
  const std::string text = summary("Generator", pair.generator, {100});
  EXPECT_THAT(text, HasSubstr("input                           (None, 100)"));
  EXPECT_THAT(text, HasSubstr("conv2 (ConvTranspose2d)         (None, 256, 7, 7)        2,097,152"));
  EXPECT_THAT(text, HasSubstr("tanh (Tanh)                     (None, 1, 28, 28)                0"));
  EXPECT_THAT(text, HasSubstr("Total parameters: 3,446,273 (3,444,481 trainable, 1,792 running averages)"));
}

TEST(Summary, LeavesTheNetworkAsItWas) {
  const Pair pair = new_pair({.arch = Arch::dcgan, .base_channels = 4}, {1, 28, 28});
  const auto before = state_dict(pair.generator).get<at::Tensor>("norm1.running_mean").clone();
  summary("Generator", pair.generator, {100});
  EXPECT_TRUE(is_training(pair.generator));
  EXPECT_TRUE(at::equal(before, state_dict(pair.generator).get<at::Tensor>("norm1.running_mean")));
}

}  // namespace
}  // namespace gan
