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
