#include "gan/networks/build.h"

#include "gan/networks/dcgan.h"
#include "gan/networks/init.h"
#include "gan/networks/mlp.h"
#include "gan/networks/upconv.h"

namespace gan {

namespace {

/// The one switch over the names of architectures.
NetworkPair make(const NetworkOptions& options, ImageShape images) {
  switch (options.arch) {
    case Arch::dcgan:
      return {dcgan_generator(options, images), dcgan_discriminator(options, images)};
    case Arch::upconv:
      return {upconv_generator(options, images), upconv_discriminator(options, images)};
    case Arch::mlp:
      return {mlp_generator(options, images), mlp_discriminator(options, images)};
  }
  TORCH_CHECK(false, "build_networks: unknown architecture");
}

/// Makes oneDNN and cuDNN work on channels-last maps throughout: activations follow the weights.
void use_channels_last(const Network& network) {
  for (auto& parameter : network->parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

}  // namespace

NetworkPair build_networks(const NetworkOptions& options, ImageShape images) {
  require_image_shape(options.arch, images);
  NetworkPair pair = make(options, images);
  pair.latent_size = options.latent_size;
  for (const auto& network : {pair.generator, pair.discriminator}) {
    initialize(network, options.init);
    use_channels_last(network);
  }
  return pair;
}

void require_image_shape(Arch arch, ImageShape images) {
  if (std::max(images.height, images.width) > kMaxImageSide) {
    throw Error("expected images of at most " + std::to_string(kMaxImageSide) + " pixels a side; the data has " +
                to_text(images));
  }
  const std::string asks_for = arch == Arch::dcgan    ? dcgan_refusal(images)
                               : arch == Arch::upconv ? upconv_refusal(images)
                                                      : "";
  if (!asks_for.empty()) {
    throw Error("--arch " + to_text(arch) + " makes images of " + asks_for + "; the data has " + to_text(images),
                "--arch mlp takes any size");
  }
}

}  // namespace gan
