#include "gan/networks/encoder.h"

#include "gan/networks/refiner.h"
#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

TEST(Encoder, GivesTheSameNumbersEachTimeWhateverMakesADiscriminatorOfATrunk) {
  for (const Arch arch : {Arch::dcgan, Arch::upconv, Arch::mlp}) {
    const NetworkOptions options{.arch = arch,
                                 .base_channels = 2,
                                 .dropout = 0.5,
                                 .d_norm = Norm::spectral,
                                 .d_norm_last = false,
                                 .minibatch_std = true,
                                 .minibatch_discrimination = {2, 2}};
    Budget budget = Budget::of_run();
    const Network network = encoder(options, 7, {1, 28, 28}, budget);
    const at::Tensor x = at::randn({4, 1, 28, 28});
    EXPECT_EQ(forward(network, x).sizes(), at::IntArrayRef({4, 7}));
    EXPECT_TRUE(at::equal(forward(network, x), forward(network, x))) << to_text(arch);
    EXPECT_FALSE(state_dict(network).contains("conv1.u"));
    EXPECT_EQ(state_dict(network).contains("norm3.weight"), arch == Arch::dcgan);
  }
}

TEST(Refiner, GivesAResidualWithoutBoundsAndPaysForEachWeight) {
  Budget all = Budget::of_run();
  const NetworkOptions options{.base_channels = 3};
  const Network network = refiner(options, {3, 14, 14}, all);
  EXPECT_EQ(forward(network, at::randn({2, 4, 14, 14})).sizes(), at::IntArrayRef({2, 3, 14, 14}));
  for (auto& parameter : parameters(network)) parameter.data().fill_(1);
  EXPECT_GT(forward(network, at::ones({2, 4, 14, 14})).max().item<float>(), 1);
  Budget enough = Budget::of_file(test::count(network)), less = Budget::of_file(test::count(network) - 1);
  EXPECT_NO_THROW(refiner(options, {3, 14, 14}, enough));
  EXPECT_THROW(refiner(options, {3, 14, 14}, less), Error);
}

TEST(DcganTrunk, OfHalfTheSideHasALayerLess) {
  for (const int64_t side : {14, 16}) {
    Budget budget = Budget::of_run();
    const NetworkOptions options{.base_channels = 2};
    const Trunk trunk = architecture(Arch::dcgan).trunk(options, {1, side, side}, budget);
    EXPECT_EQ(trunk.layers, 2);
    EXPECT_EQ(forward(trunk.network, at::randn({3, 1, side, side})).sizes(), at::IntArrayRef({3, trunk.features}));
    EXPECT_EQ(trunk.features, 8 * 4 * 4);
  }
}

}  // namespace
}  // namespace gan
