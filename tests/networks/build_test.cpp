#include "gan/networks/build.h"

#include <ATen/core/grad_mode.h>

#include "gan/base/random.h"
#include "gan/models/latent_space.h"
#include "support/test.h"

namespace gan {
namespace {

int64_t count(const Network& network) {
  int64_t elements = 0;
  for (const auto& parameter : parameters(network)) elements += parameter.numel();
  return elements;
}

void expect_parameters(const NetworkOptions& options, int64_t generator, int64_t discriminator) {
  const NetworkPair pair = build_networks(options, {1, 28, 28});
  EXPECT_EQ(count(pair.generator), generator);
  EXPECT_EQ(count(pair.discriminator), discriminator);
}

// Layer by layer, weights + biases; a batch norm has a scale and a shift a channel.
TEST(Networks, MlpHasTheParametersWorkedOutByHand) {
  expect_parameters({.arch = Arch::mlp, .dropout = 0.3},
                    (100 * 256 + 256) + (256 * 512 + 512) + (512 * 1024 + 1024) + (1024 * 784 + 784),
                    (784 * 1024 + 1024) + (1024 * 512 + 512) + (512 * 256 + 256) + (256 + 1));
}

TEST(Networks, UpconvHasTheParametersWorkedOutByHand) {
  expect_parameters({.arch = Arch::upconv},
                    (100 * 1024 + 1024) + (1024 * 6272 + 6272) + 2 * 6272 + (128 * 64 * 25 + 64) + (64 * 25 + 1),
                    (25 * 64 + 64) + (64 * 128 * 25 + 128) + (128 * 5 * 5 * 1024 + 1024) + (1024 + 1));
}

TEST(Networks, WideDcganHasTheParametersWorkedOutByHand) {
  expect_parameters({.arch = Arch::dcgan, .base_channels = 64},
                    100 * 512 * 16 + 2 * 512 + 512 * 256 * 16 + 2 * 256 + 256 * 128 * 16 + 2 * 128 + (128 * 16 + 1),
                    64 * 16 + 2 * 64 + 64 * 128 * 16 + 2 * 128 + 128 * 256 * 16 + 2 * 256 + (256 * 16 + 1));
}

TEST(Networks, HaveTheParametersThatAreCountedWithoutBuildingThem) {
  const auto expect_count = [](const NetworkOptions& options, ImageShape images) {
    const NetworkPair pair = build_networks(options, images);
    EXPECT_EQ(parameter_count(options, images), count(pair.generator) + count(pair.discriminator))
        << to_text(options.arch) << " " << to_text(images) << " latent size " << options.latent_size
        << " base channels " << options.base_channels;
  };
  for (const ImageShape images : {ImageShape{1, 28, 28}, {3, 28, 28}, {1, 32, 32}, {3, 32, 32}}) {
    for (const int64_t latent_size : {1, 70}) {
      for (const int64_t base_channels : {1, 3, 8}) {
        expect_count({.arch = Arch::dcgan, .latent_size = latent_size, .base_channels = base_channels}, images);
      }
      expect_count({.arch = Arch::upconv, .latent_size = latent_size}, images);
      expect_count({.arch = Arch::mlp, .latent_size = latent_size}, images);
    }
  }
  expect_count({.arch = Arch::upconv}, {3, 12, 20});
  expect_count({.arch = Arch::mlp}, {3, 5, 7});
}

TEST(Networks, OfTheLargestSizesAreCountedWithoutOverflow) {
  EXPECT_EQ(parameter_count({.arch = Arch::mlp, .latent_size = 65536}, {3, 4096, 4096}),
            (65536 + 1) * 256 + (256 * 512 + 512) + (512 * 1024 + 1024) + 1025 * int64_t{3 * 4096 * 4096} +
                (int64_t{3 * 4096 * 4096} + 1) * 1024 + (1024 * 512 + 512) + (512 * 256 + 256) + (256 + 1));
  EXPECT_GT(parameter_count({.arch = Arch::dcgan, .latent_size = 65536, .base_channels = 1024}, {3, 32, 32}),
            int64_t{65536} * 8 * 1024 * 16);
}

using Case = std::tuple<Arch, ImageShape>;
class EveryNetwork : public testing::TestWithParam<Case> {};

TEST_P(EveryNetwork, MakesImagesInRangeAndOneLogitEach) {
  const auto [arch, images] = GetParam();
  const NetworkPair pair = build_networks({.arch = arch, .base_channels = 4, .dropout = 0.3}, images);
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

TEST(Networks, DcgansBatchNormsHaveTheEpsAndMomentumAskedFor) {
  struct Left {
    at::Tensor fake, inferred, g_mean, d_mean;
  };
  const auto left_by = [](double eps, double momentum) {
    seed_default_generators(0);
    const NetworkPair pair = build_networks(
        {.arch = Arch::dcgan, .base_channels = 2, .norm_eps = eps, .norm_momentum = momentum}, {1, 28, 28});
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

TEST(Networks, SamePaddingMovesTheMapsOfDsThirdConvolutionByOne) {
  const auto discriminator = [](bool same, int64_t side) {
    seed_default_generators(0);
    return build_networks({.arch = Arch::dcgan, .base_channels = 2, .d_norm = Norm::none, .same_padding = same},
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

TEST(Networks, MlpTakesImagesOfAnySize) {
  const NetworkPair pair = build_networks({.arch = Arch::mlp}, {1, 20, 13});
  EXPECT_EQ(forward(pair.generator, at::zeros({2, 100})).sizes(), at::IntArrayRef({2, 1, 20, 13}));
}

TEST(Networks, DcganRefusesASizeItCannotMake) {
  const auto error = test::error_of([] { build_networks({.arch = Arch::dcgan}, {1, 30, 30}); });
  EXPECT_THAT(error, testing::HasSubstr("--arch dcgan makes images of 28x28 or 32x32 pixels; the data has 1x30x30"));
}

TEST(Networks, UpconvRefusesSidesThatAreNotMultiplesOf4) {
  EXPECT_THROW(build_networks({.arch = Arch::upconv}, {1, 28, 30}), Error);
  EXPECT_THROW(build_networks({.arch = Arch::upconv}, {1, 8, 8}), Error);
}

TEST(Networks, DropoutCanSpareTheLastHiddenLayer) {
  const auto layers = [](bool last) {
    const auto pair = build_networks({.arch = Arch::mlp, .dropout = 0.5, .dropout_last = last}, {1, 28, 28});
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

TEST(Networks, WeightsOfConvolutionsAreChannelsLast) {
  for (const auto& parameter : parameters(build_networks({.arch = Arch::dcgan}, {1, 28, 28}).generator)) {
    EXPECT_TRUE(parameter.dim() != 4 || parameter.is_contiguous(at::MemoryFormat::ChannelsLast));
  }
}

TEST(Networks, TheSameSeedGivesTheSameWeights) {
  const auto weights = [](uint64_t seed) {
    seed_default_generators(seed);
    return parameters(build_networks({.arch = Arch::dcgan, .init = Init::dcgan}, {1, 28, 28}).generator).at(0).clone();
  };
  EXPECT_TRUE(at::equal(weights(3), weights(3)));
  EXPECT_FALSE(at::equal(weights(3), weights(4)));
}

TEST(Init, XavierKeepsWeightsWithinItsBoundAndBiasesAtZero) {
  const NetworkPair pair = build_networks({.arch = Arch::mlp, .init = Init::xavier}, {1, 28, 28});
  const auto named = named_parameters(pair.generator);
  EXPECT_EQ(named[0].first, "linear1.weight");  // 100 -> 256
  const double bound = std::sqrt(6.0 / (100 + 256));
  EXPECT_LE(named[0].second.abs().max().item<float>(), bound);
  EXPECT_GT(named[0].second.abs().max().item<float>(), 0.99 * bound);
  EXPECT_EQ(named[1].first, "linear1.bias");
  EXPECT_EQ(named[1].second.abs().max().item<float>(), 0);
}

TEST(Init, DcganDrawsWeightsWithTheDeviationOfItsPaper) {
  const NetworkPair pair = build_networks({.arch = Arch::dcgan, .base_channels = 64, .init = Init::dcgan}, {1, 28, 28});
  for (const auto& [name, values] : named_parameters(pair.generator)) {
    if (name.ends_with(".bias")) {
      EXPECT_EQ(values.abs().max().item<float>(), 0) << name;
    } else {
      EXPECT_NEAR(values.mean().item<float>(), values.dim() == 1 ? 1 : 0, 0.01) << name;
      EXPECT_NEAR(values.std().item<float>(), 0.02, 0.003) << name;
    }
  }
}

TEST(StateDict, RefusesTensorsOfAnotherNetwork) {
  const NetworkPair wide = build_networks({.base_channels = 8}, {1, 28, 28});
  const NetworkPair slim = build_networks({.base_channels = 4}, {1, 28, 28});
  EXPECT_THROW(load_state_dict(wide.generator, state_dict(slim.generator)), Error);
  EXPECT_THROW(load_state_dict(wide.generator, state_dict(wide.discriminator)), Error);
}

TEST(StateDict, CarriesParametersAndRunningAverages) {
  const NetworkPair from = build_networks({.base_channels = 4}, {1, 28, 28});
  const NetworkPair to = build_networks({.base_channels = 4}, {1, 28, 28});
  forward(from.generator, at::randn({4, 100}));  // moves the running averages
  load_state_dict(to.generator, state_dict(from.generator));
  set_training(from.generator, false);
  set_training(to.generator, false);
  const at::Tensor latents = at::randn({2, 100});
  EXPECT_TRUE(at::equal(forward(from.generator, latents), forward(to.generator, latents)));
}

}  // namespace
}  // namespace gan
