#include "gan/networks/architecture.h"

#include <ATen/core/grad_mode.h>

#include "gan/base/random.h"
#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

using test::count;
using test::new_pair;
using test::Pair;
using testing::ElementsAre;

void expect_parameters(const NetworkOptions& options, int64_t generator, int64_t discriminator) {
  const Pair pair = new_pair(options, {1, 28, 28});
  EXPECT_EQ(count(pair.generator), generator);
  EXPECT_EQ(count(pair.discriminator), discriminator);
}

// Layer by layer, weights + biases; a batch norm has a scale and a shift a channel.
TEST(Architecture, MlpHasTheParametersWorkedOutByHand) {
  expect_parameters({.arch = Arch::mlp, .dropout = 0.3},
                    (100 * 256 + 256) + (256 * 512 + 512) + (512 * 1024 + 1024) + (1024 * 784 + 784),
                    (784 * 1024 + 1024) + (1024 * 512 + 512) + (512 * 256 + 256) + (256 + 1));
}

TEST(Architecture, UpconvHasTheParametersWorkedOutByHand) {
  expect_parameters({.arch = Arch::upconv},
                    (100 * 1024 + 1024) + (1024 * 6272 + 6272) + 2 * 6272 + (128 * 64 * 25 + 64) + (64 * 25 + 1),
                    (25 * 64 + 64) + (64 * 128 * 25 + 128) + (128 * 5 * 5 * 1024 + 1024) + (1024 + 1));
}

TEST(Architecture, WideDcganHasTheParametersWorkedOutByHand) {
  expect_parameters({.arch = Arch::dcgan, .base_channels = 64},
                    100 * 512 * 16 + 2 * 512 + 512 * 256 * 16 + 2 * 256 + 256 * 128 * 16 + 2 * 128 + (128 * 16 + 1),
                    64 * 16 + 2 * 64 + 64 * 128 * 16 + 2 * 128 + 128 * 256 * 16 + 2 * 256 + (256 * 16 + 1));
}

TEST(Architecture, DeeperDcganHasTheParametersWorkedOutByHand) {
  const auto block = [](int64_t in, int64_t out, int64_t depth) {
    return in * out * 16 + 2 * out + depth * (out * out * 9 + 2 * out);
  };
  for (const int64_t depth : {1, 8}) {
    expect_parameters({.arch = Arch::dcgan, .base_channels = 2, .depth = depth},
                      (100 * 16 * 16 + 2 * 16) + block(16, 8, depth) + block(8, 4, depth) + (4 * 16 + 1),
                      block(1, 2, depth) + block(2, 4, depth) + block(4, 8, depth) + (8 * 16 + 1));
  }
}

std::vector<std::string> names(const Network& network) {
  std::vector<std::string> names;
  for (const auto& [name, value] : state_dict(network).items) names.push_back(name);
  return names;
}

TEST(Architecture, NamesTensorsAsFilesKnowThem) {
  EXPECT_THAT(names(new_pair({.arch = Arch::mlp, .dropout = 0.3}).discriminator),
              ElementsAre("linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias", "linear3.weight",
                          "linear3.bias", "linear4.weight", "linear4.bias"));
  EXPECT_THAT(names(new_pair({.arch = Arch::upconv}).generator),
              ElementsAre("linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias", "norm2.weight",
                          "norm2.bias", "norm2.running_mean", "norm2.running_var", "norm2.num_batches_tracked",
                          "conv3.weight", "conv3.bias", "conv4.weight", "conv4.bias"));
  EXPECT_THAT(
      names(new_pair({.d_norm = Norm::spectral, .minibatch_std = true}).discriminator),
      ElementsAre("conv1.weight", "conv1.bias", "conv1.u", "conv2.weight", "conv2.bias", "conv2.u", "conv3.weight",
                  "conv3.bias", "conv3.u", "std.running_mean", "linear4.weight", "linear4.bias", "linear4.u"));
  EXPECT_THAT(names(new_pair({.depth = 2, .d_norm = Norm::none}).discriminator),
              ElementsAre("conv1.weight", "conv1.bias", "conv1b.weight", "conv1b.bias", "conv1c.weight", "conv1c.bias",
                          "conv2.weight", "conv2.bias", "conv2b.weight", "conv2b.bias", "conv2c.weight", "conv2c.bias",
                          "conv3.weight", "conv3.bias", "conv3b.weight", "conv3b.bias", "conv3c.weight", "conv3c.bias",
                          "linear4.weight", "linear4.bias"));
}

TEST(Architecture, WithoutDNormLastOnlyDsLastConvolutionHasABiasInsteadOfANorm) {
  for (const int64_t depth : {0, 1}) {
    const std::string last = depth > 0 ? "3b" : "3";
    std::vector<std::string> with = names(new_pair({.depth = depth}).discriminator);
    const auto of_the_norm = [&](const std::string& name) { return name.starts_with("norm" + last + "."); };
    EXPECT_EQ(std::erase_if(with, of_the_norm), 5);
    with.insert(std::ranges::find(with, "conv" + last + ".weight") + 1, "conv" + last + ".bias");
    EXPECT_EQ(names(new_pair({.depth = depth, .d_norm_last = false}).discriminator), with);
    EXPECT_EQ(names(new_pair({.depth = depth, .d_norm_last = false}).generator),
              names(new_pair({.depth = depth}).generator));
  }
}

TEST(Architecture, TrunkGivesTheFeaturesThatItStates) {
  for (const NetworkOptions& options : {NetworkOptions{.arch = Arch::dcgan, .base_channels = 3},
                                        {.arch = Arch::dcgan, .base_channels = 3, .depth = 2, .minibatch_std = true},
                                        {.arch = Arch::upconv},
                                        {.arch = Arch::mlp, .dropout = 0.3}}) {
    Budget budget = Budget::of_run();
    const Trunk trunk = architecture(options.arch).trunk(options, {3, 32, 32}, budget);
    EXPECT_EQ(forward(trunk.network, at::zeros({2, 3, 32, 32})).sizes(), at::IntArrayRef({2, trunk.features}));
    EXPECT_EQ(trunk.layers, 3);
  }
}

using Case = std::tuple<Arch, ImageShape>;
class EveryNetwork : public testing::TestWithParam<Case> {};

TEST_P(EveryNetwork, MakesImagesInRangeAndOneLogitEach) {
  const auto [arch, images] = GetParam();
  const Pair pair = new_pair({.arch = arch, .base_channels = 4, .dropout = 0.3}, images);
  const at::Tensor fake = forward(pair.generator, at::randn({3, 100}));
  EXPECT_EQ(fake.sizes(), at::IntArrayRef({3, images.channels, images.height, images.width}));
  EXPECT_LE(fake.abs().max().item<float>(), 1);
  EXPECT_GT(fake.std().item<float>(), 0);
  const at::Tensor logits = forward(pair.discriminator, fake);
  EXPECT_EQ(logits.sizes(), at::IntArrayRef({3, 1}));
}

INSTANTIATE_TEST_SUITE_P(, EveryNetwork,
                         testing::Combine(testing::Values(Arch::dcgan, Arch::upconv, Arch::mlp),
                                          testing::Values(ImageShape{1, 28, 28}, ImageShape{3, 28, 28},
                                                          ImageShape{1, 32, 32}, ImageShape{3, 32, 32})),
                         [](const auto& info) {
                           const ImageShape images = std::get<1>(info.param);
                           return to_text(std::get<0>(info.param)) + "_" + std::to_string(images.channels) + "x" +
                                  std::to_string(images.height);
                         });

TEST(Architecture, DcgansBatchNormsHaveTheEpsAndMomentumAskedFor) {
  struct Left {
    at::Tensor fake, inferred, g_mean, d_mean;
  };
  const auto left_by = [](double eps, double momentum) {
    seed_default_generators(0);
    const Pair pair =
        new_pair({.arch = Arch::dcgan, .base_channels = 2, .norm_eps = eps, .norm_momentum = momentum}, {1, 28, 28});
    const at::Tensor fake = forward(pair.generator, at::randn({4, 100}));
    forward(pair.discriminator, fake);
    const auto mean = [](const Network& network) { return state_dict(network).get<at::Tensor>("norm2.running_mean"); };
    return Left{fake.detach(), infer(pair.generator, at::ones({1, 100})), mean(pair.generator),
                mean(pair.discriminator)};
  };
  const Left usual = left_by(1e-5, 0.1), other = left_by(0.5, 0.1), slower = left_by(1e-5, 0.05);
  EXPECT_FALSE(at::allclose(usual.fake, other.fake, 1e-3, 1e-3));
  EXPECT_FALSE(at::allclose(usual.inferred, other.inferred, 1e-3, 1e-4));
  EXPECT_TRUE(at::equal(usual.fake, slower.fake));
  EXPECT_TRUE(at::allclose(usual.g_mean, 2 * slower.g_mean, 1e-4, 1e-6));
  EXPECT_TRUE(at::allclose(usual.d_mean, 2 * slower.d_mean, 1e-4, 1e-6));
}

TEST(Architecture, SamePaddingMovesTheMapsOfDsThirdConvolutionByOne) {
  const auto discriminator = [](bool same, int64_t side) {
    seed_default_generators(0);
    return new_pair({.arch = Arch::dcgan, .base_channels = 2, .d_norm = Norm::none, .same_padding = same},
                    {1, side, side})
        .discriminator;
  };
  const at::Tensor image = at::rand({2, 1, 28, 28});
  // 2 before and 1 after become 1 before and 2 after where image and all kernels are turned around.
  const Network usual = discriminator(false, 28), same = discriminator(true, 28);
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(at::allclose(forward(usual, image), forward(same, image)));
  for (auto& weight : parameters(same)) {
    if (weight.dim() == 4) weight.copy_(weight.flip({2, 3}).contiguous());
    if (weight.dim() == 2) weight.copy_(weight.view({-1, 4, 4}).flip({1, 2}).reshape(weight.sizes()));
  }
  EXPECT_TRUE(at::allclose(forward(usual, image), forward(same, image.flip({2, 3})), 1e-4, 1e-6));
  const at::Tensor larger = at::rand({2, 1, 32, 32});
  EXPECT_TRUE(at::equal(forward(discriminator(false, 32), larger), forward(discriminator(true, 32), larger)));
}

TEST(Architecture, MlpTakesImagesOfAnySize) {
  const Pair pair = new_pair({.arch = Arch::mlp}, {1, 20, 13});
  EXPECT_EQ(forward(pair.generator, at::zeros({2, 100})).sizes(), at::IntArrayRef({2, 1, 20, 13}));
}

TEST(Architecture, DcganMakesSquaresOfFourToSevenDoubled) {
  const NetworkOptions options{.arch = Arch::dcgan, .base_channels = 4};
  for (const int64_t side : {28, 32, 40, 48, 56, 64, 80, 96, 112, 128}) {
    const ImageShape images{3, side, side};
    require_image_shape(Arch::dcgan, images);
    const Pair pair = new_pair(options, images);
    const at::Tensor made = forward(pair.generator, at::zeros({2, 100}));
    EXPECT_EQ(made.sizes(), at::IntArrayRef({2, 3, side, side}));
    EXPECT_EQ(forward(pair.discriminator, made).sizes(), at::IntArrayRef({2, 1})) << side;
  }
}

TEST(Architecture, DcganOfThePaperHasTheParametersWorkedOutByHand) {  // Radford et al. 2016, figure 1: 64 x 64
  const Pair pair = new_pair({.arch = Arch::dcgan, .base_channels = 64}, {3, 64, 64});
  EXPECT_EQ(count(pair.generator), 100 * 1024 * 16 + 2 * 1024 + 1024 * 512 * 16 + 2 * 512 + 512 * 256 * 16 + 2 * 256 +
                                       256 * 128 * 16 + 2 * 128 + (3 * 128 * 16 + 3));
  EXPECT_EQ(count(pair.discriminator), 3 * 64 * 16 + 2 * 64 + 64 * 128 * 16 + 2 * 128 + 128 * 256 * 16 + 2 * 256 +
                                           256 * 512 * 16 + 2 * 512 + (512 * 16 + 1));
}

TEST(Architecture, NoLayerOfDcganHasMoreThanTheMostChannels) {
  const Pair pair = new_pair({.arch = Arch::dcgan, .base_channels = 64, .max_channels = 128}, {3, 128, 128});
  for (const Network& network : {pair.generator, pair.discriminator}) {
    for (const auto& [name, value] : state_dict(network).items) {
      const auto& tensor = std::get<at::Tensor>(value);
      EXPECT_TRUE(tensor.dim() < 4 || std::max(tensor.size(0), tensor.size(1)) <= 128) << name;
    }
  }
}

TEST(Architecture, UpconvMakesLargeSquaresFromMapsOfAtMost8Pixels) {
  for (const int64_t side : {28, 32, 40, 48, 56, 64, 96, 112, 128}) {
    const Pair pair = new_pair({.arch = Arch::upconv, .max_channels = 128}, {3, side, side});
    const at::Tensor made = forward(pair.generator, at::zeros({2, 100}));
    EXPECT_EQ(made.sizes(), at::IntArrayRef({2, 3, side, side}));
    EXPECT_EQ(forward(pair.discriminator, made).sizes(), at::IntArrayRef({2, 1})) << side;
  }
  // 64: 100 -> 1024 -> [256, 8, 8] -> [128, 16, 16] -> [64, 32, 32] -> [3, 64, 64]; before: 1024 -> [128, 16, 16]
  const int64_t last = (128 * 25 + 1) * 64 + (64 * 25 + 1) * 3;
  EXPECT_EQ(count(new_pair({.arch = Arch::upconv}, {3, 64, 64}).generator),
            101 * 1024 + 1025 * 16384 + 2 * 16384 + (256 * 25 + 1) * 128 + last);
  EXPECT_EQ(count(new_pair({.arch = Arch::upconv, .smallest_maps = 0}, {3, 64, 64}).generator),
            101 * 1024 + 1025 * 32768 + 2 * 32768 + last);
}

TEST(Architecture, DcganRefusesASizeItCannotMake) {
  const auto error = test::error_of([] { require_image_shape(Arch::dcgan, {1, 30, 30}); });
  EXPECT_THAT(error,
              testing::MatchesRegex("--arch dcgan makes images of 28x28, 32x32, .* pixels; the data has 1x30x30.*"));
}

TEST(Architecture, UpconvRefusesSidesThatAreNotMultiplesOf4) {
  EXPECT_THROW(require_image_shape(Arch::upconv, {1, 28, 30}), Error);
  EXPECT_THROW(require_image_shape(Arch::upconv, {1, 8, 8}), Error);
}

TEST(Architecture, DropoutCanSpareTheLastHiddenLayer) {
  const auto layers = [](bool last) {
    const auto pair = new_pair({.arch = Arch::mlp, .dropout = 0.5, .dropout_last = last}, {1, 28, 28});
    set_training(pair.discriminator, true);
    seed_default_generators(1);
    return forward(pair.discriminator, at::ones({1, 1, 28, 28}));
  };
  seed_default_generators(0);
  const at::Tensor with = layers(true);
  seed_default_generators(0);
  const at::Tensor without = layers(false);
  EXPECT_NE(with.item<float>(), without.item<float>());
}

}  // namespace
}  // namespace gan
