#include "gan/models/infogan.h"

#include "gan/networks/head.h"

namespace gan {

namespace {

LatentSpace space_of(const LatentOptions& z, const CodeOptions& code) {
  return LatentSpace({{"z", z.size, z.noise}, {"code", code.codes, Noise::uniform}, {"category", code.categories, {}}});
}

/// - mean log Q(c | x), of one-hot categories [N, K] and of logits [N, K].
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& categories) {
  return -(categories * logits.log_softmax(1)).sum(1).mean();
}

at::Tensor half_squared_error(const at::Tensor& means, const at::Tensor& codes) {
  return (means - codes).square().sum(1).mean() / 2;
}

}  // namespace

InfoGan::InfoGan(const ModelOptions& options, ImageShape images, Budget& budget)
    : Gan(options, space_of(options.latent, options.code), images, budget, [&](const Trunk& trunk) {
        const Network network = recognition_head(trunk, options.code.categories + options.code.codes, budget);
        return std::vector<Part>{{"q", network, {trunk.features}}};
      }) {
  q_ = part("q").network;
  options_ = options.code;
}

at::Tensor InfoGan::encode(const at::Tensor& images) const {
  const at::Tensor read = infer(q_, infer(trunk_, images));
  return at::cat(
      {read.narrow(1, 0, options_.categories).softmax(1), read.narrow(1, options_.categories, options_.codes)}, 1);
}

InferenceGraph InfoGan::encoding() const {
  InferenceGraph graph;
  const std::string images = graph.input("images", part("discriminator").input);
  const std::string read = graph.apply("q", q_, graph.apply("discriminator", trunk_, images));
  const auto columns = [&](const std::string& name, int64_t start, int64_t length) {
    return graph.add(name + ".columns", "Narrow", {read}, {{{"start", start}, {"length", length}}});
  };
  const std::string logits = columns("category", 0, options_.categories);
  graph.output("category", graph.add("category.softmax", "Softmax", {logits}), {options_.categories});
  graph.output("code", columns("code", options_.categories, options_.codes), {options_.codes});
  return graph;
}

Sample InfoGan::fake(const Batch& batch) {
  const at::Tensor rows = draw_latents(batch);
  return {forward(generator_, rows), at::cat({latents().part(rows, "category"), latents().part(rows, "code")}, 1)};
}

Scalars InfoGan::extra(const Judged& fake) {
  const at::Tensor read = forward(q_, fake.features).to(at::kFloat);
  const auto category = [&](const at::Tensor& rows) { return rows.narrow(1, 0, options_.categories); };
  const auto code = [&](const at::Tensor& rows) { return rows.narrow(1, options_.categories, options_.codes); };
  return {{"category", options_.information * cross_entropy(category(read), category(fake.given))},
          {"code", options_.code_information * half_squared_error(code(read), code(fake.given))}};
}

}  // namespace gan
