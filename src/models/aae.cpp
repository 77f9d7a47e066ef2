#include "gan/models/aae.h"

#include "gan/models/gan.h"
#include "gan/networks/encoder.h"
#include "gan/networks/head.h"

namespace gan {

Aae::Aae(const ModelOptions& options, ImageShape images, Budget& budget)
    : Game(options.game, LatentSpace({{"z", options.latent.size, options.latent.noise}})) {
  const int64_t size = latents().size();
  const Part decoder = decoder_part("decoder", options.network, latents(), images, budget);
  decoder_ = decoder.network;
  encoder_ = encoder(options.network, size, images, budget);
  const Trunk trunk = latent_trunk(size, options.network, budget);
  trunk_ = trunk.network;
  head_ = linear_head(trunk, 1, options.network, budget);
  set_up({decoder,
          {"encoder", encoder_, {images.channels, images.height, images.width}, /*averaged=*/true},
          {"discriminator", joined(trunk_, head_), {size}}},
         {{"encoder", Role::generator, {"encoder"}},
          {"discriminator", Role::discriminator, {"discriminator"}},
          {"autoencoder", Role::generator, {"encoder", "decoder"}}},
         options.network.init);
  std::vector<Work> work;
  for (const char* part : {"encoder", "decoder"}) {
    work.push_back({part, Pass::forward});
    work.push_back({part, Pass::backward});
  }
  turns_.insert(turns_.begin(), {.name = "r",
                                 .player = 2,
                                 .play = [this](const Batch& batch) { return reconstruct(batch); },
                                 .work = std::move(work)});
}

Score Aae::score(const at::Tensor& images, const at::Tensor&) const {
  const at::Tensor features = infer(trunk_, encode(images));
  return {features, infer(head_, features).flatten()};
}

InferenceGraph Aae::discrimination() const {
  const Part& discriminator = part("discriminator");
  InferenceGraph graph;
  const std::string z = latents().add_inputs(graph);
  graph.output("logits", graph.apply(discriminator.name, discriminator.network, z), {1});
  return graph;
}

InferenceGraph Aae::encoding() const {
  InferenceGraph graph;
  const std::string images = graph.input("images", part("encoder").input);
  graph.output("z", graph.apply("encoder", encoder_, images), {latents().size()});
  return graph;
}

Outcome Aae::reconstruct(const Batch& batch) const {
  const at::Tensor x = forward(decoder_, forward(encoder_, batch.images));
  const at::Tensor loss = (x.to(at::kFloat) - batch.images).square().mean() / 4;
  return {loss, {{"r_loss", loss.detach()}}};
}

Sample Aae::real(const Batch& batch) {
  return {draw_latents(batch)};
}

Sample Aae::fake(const Batch& batch) {
  return {forward(encoder_, batch.images).to(at::kFloat)};
}

Judged Aae::judge(const Sample& sample, Differentiable asked) {
  const at::Tensor features = forward(trunk_, sample.x, asked);
  return {sample, features, forward(head_, features, asked).to(at::kFloat)};
}

}  // namespace gan
