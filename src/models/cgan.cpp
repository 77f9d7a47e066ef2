#include "gan/models/cgan.h"

#include "gan/networks/head.h"

namespace gan {

namespace {

LatentSpace space_of(const LatentOptions& options, const DataShape& data) {
  return LatentSpace({{"z", options.size, options.noise}, {"label", data.classes, std::nullopt, data.class_names}});
}

/// head(f) + <embedding(y), f>: [N, 1]
at::Tensor projection(const at::Tensor& head, const at::Tensor& features, const at::Tensor& embedded) {
  const at::Tensor products = features.flatten(1).to(at::kFloat) * embedded.to(at::kFloat);
  return head.to(at::kFloat) + products.sum(1, /*keepdim=*/true);
}

}  // namespace

Cgan::Cgan(const ModelOptions& options, const DataShape& data, Budget& budget)
    : Gan(options, space_of(options.latent, data), data.images, budget, [&](const Trunk& trunk) {
        const Network network = embedding(data.classes, trunk.features, options.network, budget);
        return std::vector<Part>{{"embedding", network, {data.classes}}};
      }) {
  embedding_ = part("embedding").network;
  classes_ = data.classes;
}

Score Cgan::score(const at::Tensor& images, const at::Tensor& latents) const {
  const Score score = Gan::score(images, latents);
  const at::Tensor embedded = infer(embedding_, this->latents().part(latents, "label"));
  return {score.features, projection(score.logits.unsqueeze(1), score.features, embedded).flatten()};
}

InferenceGraph Cgan::discrimination() const {
  InferenceGraph graph;
  const std::string images = graph.input("images", part("discriminator").input);
  const std::string label = graph.class_input("label", classes_);
  const std::string features = graph.apply("discriminator", trunk_, images);
  const std::string embedded = graph.apply("embedding", embedding_, label);
  const std::string products = graph.add("products", "Multiply", {features, embedded});
  graph.output("logits",
               graph.add("projection", "Add",
                         {graph.apply("discriminator", head_, features), graph.add("product", "Sum", {products})}),
               {1});
  return graph;
}

Sample Cgan::real(const Batch& batch) {
  return {batch.images, one_hot_rows(batch.labels.to(at::kLong), classes_)};
}

Sample Cgan::fake(const Batch& batch) {
  const at::Tensor rows = draw_latents(batch);
  return {forward(generator_, rows), latents().part(rows, "label")};
}

Judged Cgan::judge(const Sample& sample, Differentiable asked) {
  Judged judged = Gan::judge(sample, asked);
  judged.logits = projection(judged.logits, judged.features, forward(embedding_, sample.given, asked));
  return judged;
}

}  // namespace gan
