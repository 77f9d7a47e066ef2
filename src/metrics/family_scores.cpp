#include "gan/metrics/family_scores.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "gan/base/random.h"
#include "gan/base/text.h"
#include "gan/images/pixels.h"
#include "gan/metrics/classes.h"
#include "gan/metrics/encoding.h"

namespace gan {

namespace {

using FamilyScores = std::vector<FamilyScore>;

constexpr Estimate kNone{.value = std::numeric_limits<double>::quiet_NaN()};
constexpr int64_t kFirstSeed = 2'000'000;  // of rows that are drawn here

at::Tensor rows_of_seeds(const Model& model, int64_t count, int64_t first = kFirstSeed) {
  std::vector<int64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return model.latents().of_seeds(seeds);
}

double mean(const std::vector<double>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

FamilyScores of_labels(const Judge& judge, const Dataset& others, const Dataset& samples) {
  const at::Tensor real_labels = judge.test().labels.to(at::kLong), labels = samples.labels.to(at::kLong);
  const Features found = judge.features(samples.images), &real = judge.test_features();
  const LabelAccuracy accuracy = label_accuracy(found.probabilities, labels),
                      of_real = label_accuracy(real.probabilities, real_labels);
  FamilyScores scores{{"label_accuracy", accuracy.mean, of_real.mean},
                      {"worst_accuracy", accuracy.worst, of_real.worst}};
  const Dataset some = others.any(std::min(others.size(), samples.size()));
  const auto distances = class_distances(found.values, labels, real.values, real_labels),
             between_real = class_distances(judge.features(some.images).values, some.labels.to(at::kLong), real.values,
                                            real_labels);
  if (distances.empty() || between_real.empty()) return scores;
  scores.push_back({judge.name() + "_class_fd", {mean(distances)}, {mean(between_real)}});
  scores.push_back({judge.name() + "_worst_class_fd", {std::ranges::max(distances)}, {std::ranges::max(between_real)}});
  return scores;
}

FamilyScores of_encoder(const Model& model, const Judge& judge, const Judgement& judgement, const RealImages& real) {
  const Dataset& test = judge.test();
  const at::Tensor labels = test.labels.to(at::kLong), other_labels = real.others.labels.to(at::kLong);
  const at::Tensor latents = model.encode(to_pixels(test.images));
  const at::Tensor by_pixels = real.seen.labels.index_select(0, judgement.nearest_to_test.index).eq(test.labels);
  const at::Tensor again = model.generate(latents), bytes = to_bytes(again).contiguous();
  const at::Tensor errors = pixel_errors(again, to_pixels(test.images));
  const at::Tensor prior = rows_of_seeds(model, test.size());
  const PriorDistance found = prior_distance(latents, prior),
                      of_prior = prior_distance(rows_of_seeds(model, test.size(), kFirstSeed + test.size()), prior);
  return {{"neighbour_accuracy",
           neighbour_accuracy(model.encode(to_pixels(real.others.images)), other_labels, latents, labels),
           mean_of(by_pixels)},
          {"reconstruction_accuracy", label_accuracy(judge.features(bytes).probabilities, labels).mean,
           label_accuracy(judge.test_features().probabilities, labels).mean},
          {"reconstruction_error", mean_of(errors), kNone},
          {"prior_mean", {found.mean}, {of_prior.mean}},
          {"prior_deviation", {found.deviation}, {of_prior.deviation}}};
}

/// How far samples move with the number `index` of a part, in mean distances between two samples.
double movement(const Model& model, const std::string& part, int64_t index) {
  constexpr int64_t kRows = 500;
  const at::Tensor rows = rows_of_seeds(model, kRows);
  const auto images_at = [&](double value) {
    const at::Tensor moved = rows.clone();
    model.latents().part(moved, part).select(1, index).fill_(value);
    return model.generate(moved).flatten(1);
  };
  const at::Tensor low = images_at(-1), high = images_at(1);
  return (high - low).norm(2, 1).mean().item<double>() /
         at::pdist(model.generate(rows).flatten(1)).mean().item<double>();
}

FamilyScores of_codes(const Model& model, const Judge& judge) {
  const Dataset& test = judge.test();
  const at::Tensor labels = test.labels.to(at::kLong);
  const at::Tensor read = model.encode(to_pixels(test.images));
  FamilyScores scores;
  for (const LatentPart& part : model.latents().parts()) {
    if (part.noise) continue;
    scores.push_back({part.name + "_accuracy", category_accuracy(read.narrow(1, 0, part.size), labels, test.classes()),
                      label_accuracy(judge.test_features().probabilities, labels).mean});
  }
  for (const LatentPart& part : model.latents().parts()) {
    if (part.noise != Noise::uniform || part.name == "z") continue;
    for (int64_t i = 0; i < part.size; ++i) {
      scores.push_back({part.name + to_text(i) + "_movement", {movement(model, part.name, i)}, kNone});
    }
  }
  return scores;
}

}  // namespace

FamilyScore d_score(Model& model, Loss loss, const Dataset& test) {
  constexpr int64_t kBatch = 500;
  seed_default_generators(kFirstSeed);
  const InferenceOf inference(model);
  const at::Device device = device_of(model);
  std::vector<at::Tensor> real, fake;
  for (int64_t begin = 0; begin < test.size(); begin += kBatch) {
    const int64_t count = std::min(kBatch, test.size() - begin);
    const auto some = [&](const at::Tensor& of) { return of.defined() ? of.narrow(0, begin, count).to(device) : of; };
    const auto [of_real, of_fake] = model.contest({to_pixels(some(test.images)), some(test.labels)});
    real.push_back(of_real.cpu());
    fake.push_back(of_fake.cpu());
  }
  const auto score = [&](const std::vector<at::Tensor>& logits) {
    return Estimate{mean_score(loss, at::cat(logits)).item<double>()};
  };
  return {"d_score", score(fake), score(real)};
}

bool has_family_scores(const Model& model) {
  return model.latents().has("label") || model.encodes() != Encodes::nothing;
}

std::vector<FamilyScore> family_scores(const Model& model, const Judge& judge, const Judgement& judgement,
                                       const RealImages& real, const Dataset& samples) {
  if (model.latents().has("label")) return of_labels(judge, real.others, samples);
  switch (model.encodes()) {
    case Encodes::nothing:
      return {};
    case Encodes::codes:
      return of_codes(model, judge);
    case Encodes::latents:
      return of_encoder(model, judge, judgement, real);
  }
  TORCH_CHECK(false, "family_scores: unknown encoder");
}

}  // namespace gan
