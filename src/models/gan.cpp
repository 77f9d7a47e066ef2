#include "gan/models/gan.h"

#include "gan/networks/head.h"

namespace gan {

Part decoder_part(const std::string& name, const NetworkOptions& options, const LatentSpace& latents, ImageShape images,
                  Budget& budget) {
  const Network decoder = architecture(options.arch).decoder(options, latents.size(), images, budget);
  if (options.virtual_batch_norm) set_reference(decoder, latents.draw(kReferenceBatch, at::kCPU));
  return {name, decoder, {latents.size()}, /*averaged=*/true};
}

Gan::Gan(const ModelOptions& options, ImageShape images, Budget& budget)
    : Gan(options, LatentSpace({{"z", options.latent.size, options.latent.noise}}), images, budget) {}

Gan::Gan(const ModelOptions& options, const LatentSpace& space, ImageShape images, Budget& budget,
         const BesideD& beside_d)
    : Gan(options, space, decoder_part("generator", options.network, space, images, budget), images, budget, beside_d) {
}

Gan::Gan(const ModelOptions& options, const LatentSpace& space, const Part& generator, ImageShape images,
         Budget& budget, const BesideD& beside_d)
    : Game(options.game, space), generator_(generator.network) {
  const Trunk trunk = discriminator_trunk(options.network, images, budget);
  trunk_ = trunk.network;
  head_ = linear_head(trunk, 1, options.network, budget);
  std::vector<Part> parts{generator,
                          {"discriminator", joined(trunk_, head_), {images.channels, images.height, images.width}}};
  Player d{"discriminator", Role::discriminator, {"discriminator"}};
  for (const Part& part : beside_d ? beside_d(trunk) : std::vector<Part>()) {
    parts.push_back(part);
    d.parts.push_back(part.name);
  }
  set_up(std::move(parts), {{"generator", Role::generator, {generator.name}}, d}, options.network.init);
}

Score Gan::score(const at::Tensor& images, const at::Tensor&) const {
  const at::Tensor features = infer(trunk_, images);
  return {features.flatten(1), infer(head_, features).flatten()};
}

InferenceGraph Gan::discrimination() const {
  const Part& discriminator = part("discriminator");
  InferenceGraph graph;
  const std::string images = graph.input("images", discriminator.input);
  graph.output("logits", graph.apply(discriminator.name, discriminator.network, images), {1});
  return graph;
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
