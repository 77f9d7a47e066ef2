#include "gan/networks/build.h"

#include "gan/networks/dcgan.h"
#include "gan/networks/init.h"
#include "gan/networks/mlp.h"
#include "gan/networks/upconv.h"
#include "layers.h"

namespace gan {

namespace {

std::string any_shape(ImageShape) {
  return "";
}

/// What an architecture's file gives.
struct Row {
  Network (*generator)(const NetworkOptions&, ImageShape);
  Network (*discriminator)(const NetworkOptions&, ImageShape);
  int64_t (*parameters)(const NetworkOptions&, ImageShape);
  std::string (*refusal)(ImageShape);
  int64_t smallest_batch = 1;
};

/// The one switch over the names of architectures.
Row row_of(Arch arch) {
  switch (arch) {
    case Arch::dcgan:
      return {dcgan_generator, dcgan_discriminator, dcgan_parameters, dcgan_refusal};
    case Arch::upconv:
      return {upconv_generator, upconv_discriminator, upconv_parameters, upconv_refusal, 2};
    case Arch::mlp:
      return {mlp_generator, mlp_discriminator, mlp_parameters, any_shape};
  }
  TORCH_CHECK(false, "build_networks: unknown architecture");
}

}  // namespace

NetworkPair build_networks(const NetworkOptions& options, ImageShape images) {
  require_image_shape(options.arch, images);
  const Row row = row_of(options.arch);
  const NetworkPair pair{row.generator(options, images), row.discriminator(options, images), options.latent_size};
  for (const auto& network : {pair.generator, pair.discriminator}) {
    initialize(network, options.init);
    use_channels_last(network);
  }
  return pair;
}

int64_t parameter_count(const NetworkOptions& options, ImageShape images) {
  return row_of(options.arch).parameters(options, images);
}

int64_t smallest_batch(Arch arch) {
  return row_of(arch).smallest_batch;
}

void require_image_shape(Arch arch, ImageShape images) {
  if (std::max(images.height, images.width) > kMaxImageSide) {
    throw Error("expected images of at most " + std::to_string(kMaxImageSide) + " pixels a side; the data has " +
                to_text(images));
  }
  const std::string asks_for = row_of(arch).refusal(images);
  if (!asks_for.empty()) {
    throw Error("--arch " + to_text(arch) + " makes images of " + asks_for + "; the data has " + to_text(images),
                "--arch mlp takes any size");
  }
}

}  // namespace gan
