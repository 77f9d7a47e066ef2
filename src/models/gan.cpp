#include "gan/models/gan.h"

#include "gan/networks/architecture.h"
#include "gan/networks/head.h"

namespace gan {

Gan::Gan(const ModelOptions& options, ImageShape images, Budget& budget)
    : Gan(options, LatentSpace({{"z", options.latent.size, options.latent.noise}}), images, budget) {}

Gan::Gan(const ModelOptions& options, LatentSpace space, ImageShape images, Budget& budget)
    : Game(options.game, std::move(space)) {
  const Architecture arch = architecture(options.network.arch);
  generator_ = arch.decoder(options.network, latents().size(), images, budget);
  const Trunk trunk = arch.trunk(options.network, images, budget);
  trunk_ = trunk.network;
  head_ = linear_head(trunk, 1, options.network, budget);
  discriminator_ = joined(trunk_, head_);
  set_up({{"generator", generator_, {latents().size()}, /*averaged=*/true},
          {"discriminator", discriminator_, {images.channels, images.height, images.width}}},
         {{"generator", Role::generator, {"generator"}}, {"discriminator", Role::discriminator, {"discriminator"}}},
         options.network.init);
}

at::Tensor Gan::generate(const at::Tensor& latents) const {
  return infer(generator_, latents);
}

Score Gan::score(const at::Tensor& images, const at::Tensor&) const {
  const at::Tensor features = infer(trunk_, images);
  return {features.flatten(1), infer(head_, features).flatten()};
}

Sample Gan::fake(const Batch& batch) {
  return {forward(generator_, latents().draw(batch.images.size(0), batch.images.device()))};
}

/// Logits are float, whatever the networks compute in: losses are small differences.
at::Tensor Gan::logits(const Sample& sample, Differentiable asked) {
  return forward(discriminator_, sample.x, asked).to(at::kFloat);
}

}  // namespace gan
