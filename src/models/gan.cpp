#include "gan/models/gan.h"

#include "gan/networks/head.h"

namespace gan {

Gan::Gan(const ModelOptions& options, ImageShape images, Budget& budget)
    : Gan(options, LatentSpace({{"z", options.latent.size, options.latent.noise}}), images, budget) {}

Gan::Gan(const ModelOptions& options, LatentSpace space, ImageShape images, Budget& budget, const BesideD& beside_d)
    : Game(options.game, std::move(space)) {
  const Architecture arch = architecture(options.network.arch);
  generator_ = arch.decoder(options.network, latents().size(), images, budget);
  const Trunk trunk = arch.trunk(options.network, images, budget);
  trunk_ = trunk.network;
  head_ = linear_head(trunk, 1, options.network, budget);
  std::vector<Part> parts{{"generator", generator_, {latents().size()}, /*averaged=*/true},
                          {"discriminator", joined(trunk_, head_), {images.channels, images.height, images.width}}};
  Player d{"discriminator", Role::discriminator, {"discriminator"}};
  for (const Part& part : beside_d ? beside_d(trunk) : std::vector<Part>()) {
    parts.push_back(part);
    d.parts.push_back(part.name);
  }
  set_up(std::move(parts), {{"generator", Role::generator, {"generator"}}, d}, options.network.init);
}

at::Tensor Gan::generate(const at::Tensor& latents) const {
  return infer(generator_, latents);
}

Score Gan::score(const at::Tensor& images, const at::Tensor&) const {
  const at::Tensor features = infer(trunk_, images);
  return {features.flatten(1), infer(head_, features).flatten()};
}

at::Tensor Gan::draw_latents(const Batch& batch) const {
  return latents().draw(batch.images.size(0), batch.images.device());
}

Sample Gan::fake(const Batch& batch) {
  return {forward(generator_, draw_latents(batch))};
}

/// Logits are float, whatever the networks compute in: losses are small differences.
Judged Gan::judge(const Sample& sample, Differentiable asked) {
  const at::Tensor features = forward(trunk_, sample.x, asked);
  return {sample, features, forward(head_, features, asked).to(at::kFloat)};
}

}  // namespace gan
