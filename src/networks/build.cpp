#include "gan/networks/build.h"

#include "gan/networks/head.h"
#include "gan/networks/init.h"

namespace gan {

namespace {

int64_t dcgan_parameters(const NetworkOptions& options, ImageShape images) {
  const int64_t b = options.base_channels, c = images.channels, k = 4 * 4, first = 4 * 4;
  const int64_t generator =
      options.latent_size * 8 * b * first + 8 * b * 4 * b * k + 4 * b * 2 * b * k + 2 * b * c * k + c;
  const int64_t last_maps = 4 * b + (options.minibatch_std ? 1 : 0);
  const int64_t discriminator = c * b * k + b * 2 * b * k + 2 * b * 4 * b * k + last_maps * first + 1;
  const int64_t d_norms = (options.d_norm == Norm::batch ? 2 : 1) * (b + 2 * b + 4 * b);  // else these are biases
  return generator + discriminator + 2 * (8 * b + 4 * b + 2 * b) + d_norms;
}

int64_t upconv_parameters(const NetworkOptions& options, ImageShape images) {
  const int64_t features = 128 * (images.height / 4) * (images.width / 4), c = images.channels, k = 5 * 5;
  const int64_t flat = 128 * ((images.height / 2 - 4) / 2) * ((images.width / 2 - 4) / 2);
  const int64_t generator =
      (options.latent_size + 1) * 1024 + (1024 + 1 + 2) * features + (128 * k + 1) * 64 + (64 * k + 1) * c;
  const int64_t discriminator = (c * k + 1) * 64 + (64 * k + 1) * 128 + (flat + 1) * 1024 + (1024 + 1);
  return generator + discriminator;
}

int64_t mlp_parameters(const NetworkOptions& options, ImageShape images) {
  const int64_t pixels = images.channels * images.height * images.width;
  const int64_t between = (256 + 1) * 512 + (512 + 1) * 1024;
  const int64_t generator = (options.latent_size + 1) * 256 + between + (1024 + 1) * pixels;
  const int64_t discriminator = (pixels + 1) * 1024 + (1024 + 1) * 512 + (512 + 1) * 256 + (256 + 1);
  return generator + discriminator;
}

}  // namespace

NetworkPair build_networks(const NetworkOptions& options, ImageShape images) {
  require_image_shape(options.arch, images);
  const Architecture arch = architecture(options.arch);
  Budget budget = Budget::of_run();
  const Network generator = arch.decoder(options, options.latent_size, images, budget);
  const Trunk trunk = arch.trunk(options, images, budget);
  const NetworkPair pair{generator, joined(trunk.network, linear_head(trunk, 1, options, budget)), options.latent_size};
  for (const auto& network : {pair.generator, pair.discriminator}) initialize(network, options.init);
  return pair;
}

int64_t parameter_count(const NetworkOptions& options, ImageShape images) {
  switch (options.arch) {
    case Arch::dcgan:
      return dcgan_parameters(options, images);
    case Arch::upconv:
      return upconv_parameters(options, images);
    case Arch::mlp:
      return mlp_parameters(options, images);
  }
  TORCH_CHECK(false, "parameter_count: unknown architecture");
}

int64_t smallest_batch(Arch arch) {
  return architecture(arch).smallest_batch;
}

}  // namespace gan
