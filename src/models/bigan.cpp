#include "gan/models/bigan.h"

#include "gan/dist/world.h"
#include "gan/models/gan.h"
#include "gan/networks/encoder.h"
#include "gan/networks/head.h"

namespace gan {

namespace {

at::Tensor side_by_side(const at::Tensor& features, const at::Tensor& given) {
  return at::cat({features.flatten(1).to(at::kFloat), given.to(at::kFloat)}, 1);
}

/// mean + deviation * noise, of [means, log variances].
at::Tensor drawn_from(const at::Tensor& means_and_log_variances) {
  const auto halves = means_and_log_variances.to(at::kFloat).chunk(2, 1);
  const at::Tensor noise = own_noise(halves[0].size(0), [&](int64_t count) {
    return at::randn({count, halves[0].size(1)}, halves[0].options().requires_grad(false));
  });
  return halves[0] + (halves[1] / 2).exp() * noise;
}

}  // namespace

BiGan::BiGan(const ModelOptions& options, ImageShape images, Budget& budget)
    : Game(options.game, LatentSpace({{"z", options.latent.size, options.latent.noise}})),
      stochastic_(options.stochastic_encoder) {
  const int64_t size = latents().size();
  const std::vector<int64_t> pixels{images.channels, images.height, images.width};
  const Part generator = decoder_part("generator", options.network, latents(), images, budget);
  generator_ = generator.network;
  encoder_ = encoder(options.network, stochastic_ ? 2 * size : size, images, budget);
  const Trunk trunk = discriminator_trunk(options.network, images, budget);
  trunk_ = trunk.network;
  pair_ = pair_head(trunk, size, options.network, budget);
  set_up({generator,
          {"encoder", encoder_, pixels, /*averaged=*/true},
          {"discriminator", trunk_, pixels},
          {"pair", pair_, {trunk.features + size}}},
         {{"generator", Role::generator, {"generator", "encoder"}},
          {"discriminator", Role::discriminator, {"discriminator", "pair"}}},
         options.network.init);
}

Score BiGan::score(const at::Tensor& images, const at::Tensor& latents) const {
  const at::Tensor features = infer(trunk_, images).flatten(1);
  return {features, infer(pair_, side_by_side(features, latents.cpu())).flatten()};
}

at::Tensor BiGan::encode(const at::Tensor& images) const {
  return infer(encoder_, images).narrow(1, 0, latents().size());
}

InferenceGraph BiGan::discrimination() const {
  InferenceGraph graph;
  const std::string images = graph.input("images", part("discriminator").input);
  const std::string z = latents().add_inputs(graph);
  const std::string features = graph.apply("discriminator", trunk_, images);
  graph.output("logits", graph.apply("pair", pair_, graph.add("side_by_side", "Concat", {features, z})), {1});
  return graph;
}

InferenceGraph BiGan::encoding() const {
  InferenceGraph graph;
  const std::string read = graph.apply("encoder", encoder_, graph.input("images", part("encoder").input));
  const int64_t size = latents().size();
  graph.output("z",
               stochastic_ ? graph.add("means", "Narrow", {read}, {{{"start", int64_t{0}}, {"length", size}}}) : read,
               {size});
  return graph;
}

Sample BiGan::real(const Batch& batch) {
  const at::Tensor encoded = forward(encoder_, batch.images);
  return {batch.images, stochastic_ ? drawn_from(encoded) : encoded};
}

Sample BiGan::fake(const Batch& batch) {
  const at::Tensor z = draw_latents(batch);
  return {forward(generator_, z), z};
}

Judged BiGan::judge(const Sample& sample, Differentiable asked) {
  const at::Tensor features = forward(trunk_, sample.x, asked);
  return {sample, features, forward(pair_, side_by_side(features, sample.given), asked).to(at::kFloat)};
}

}  // namespace gan
