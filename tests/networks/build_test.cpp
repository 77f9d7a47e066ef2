#include "gan/networks/build.h"

#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

using test::count;

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
  for (const Norm norm : {Norm::batch, Norm::none, Norm::spectral}) {
    for (const bool minibatch_std : {false, true}) {
      expect_count({.base_channels = 3, .d_norm = norm, .minibatch_std = minibatch_std}, {3, 32, 32});
    }
  }
}

TEST(Networks, OfTheLargestSizesAreCountedWithoutOverflow) {
  EXPECT_EQ(parameter_count({.arch = Arch::mlp, .latent_size = 65536}, {3, 4096, 4096}),
            (65536 + 1) * 256 + (256 * 512 + 512) + (512 * 1024 + 1024) + 1025 * int64_t{3 * 4096 * 4096} +
                (int64_t{3 * 4096 * 4096} + 1) * 1024 + (1024 * 512 + 512) + (512 * 256 + 256) + (256 + 1));
  EXPECT_GT(parameter_count({.arch = Arch::dcgan, .latent_size = 65536, .base_channels = 1024}, {3, 32, 32}),
            int64_t{65536} * 8 * 1024 * 16);
}

}  // namespace
}  // namespace gan
