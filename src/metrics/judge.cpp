#include "gan/metrics/judge.h"

#include "gan/base/error.h"
#include "gan/base/random.h"
#include "gan/base/text.h"
#include "gan/metrics/classes.h"
#include "gan/metrics/kernel_distance.h"

namespace gan {

namespace {
constexpr int64_t kBootstrapDraws = 20;

/// Data sets have an order (the first half of MNIST's test images is easier than the second), and some scores are means
/// over parts.
at::Tensor in_random_order(const at::Tensor& images) {
  return Dataset{images, {}}.any(images.size(0)).images;
}
}  // namespace

RealImages halves(const Dataset& all) {
  constexpr int64_t kMost = 20'000, kMostSeen = 100'000;
  const Dataset some = all.any(std::min(all.size(), kMostSeen));
  const int64_t half = std::min(all.size() / 2, kMost);
  return {.test = some.first(half), .others = some.from(half).first(half), .seen = some, .test_seen = true};
}

Judge::Judge(Classifier classifier, const Dataset& test)
    : classifier_(std::move(classifier)), test_(test.any(test.size())) {
  if (test.shape() != classifier_.images) {
    throw Error("the classifier takes images of " + to_text(classifier_.images) + ", the data has " +
                to_text(test.shape()));
  }
  if (test.size() < kFewest) {
    throw Error("expected at least " + to_text(kFewest) + " test images to judge by, got " + to_text(test.size()));
  }
  real_ = extract_features(classifier_, test_.images);
  gaussian_ = gaussian_of(real_.values);
  real_shares_ = class_shares(real_.probabilities);
}

void Judge::require_samples(const at::Tensor& samples) const {
  const ImageShape shape = Dataset{samples, {}}.shape();
  if (shape != classifier_.images) {
    throw Error("expected samples of " + to_text(classifier_.images) + " like the real images, got " + to_text(shape));
  }
  if (samples.size(0) < kFewest) {
    throw Error("expected at least " + to_text(kFewest) + " samples, got " + to_text(samples.size(0)));
  }
}

Scores Judge::quick_scores(const at::Tensor& samples) const {
  require_samples(samples);
  return quick_scores(extract_features(classifier_, in_random_order(samples)));
}

Scores Judge::quick_scores(const Features& features) const {
  const auto distance = [&](const at::Tensor& values) { return frechet_distance(gaussian_of(values), gaussian_); };
  const std::vector<double> shares = class_shares(features.probabilities);
  return {{classifier_.name + "_fd", bootstrap(features.values, kBootstrapDraws, distance)},
          {classifier_.name + "_kd", kernel_distance(features.values, real_.values)},
          {"classifier_score", classifier_score(features.probabilities)},
          {"confidence", confidence(features.probabilities)},
          {"class_distance", {class_distance(shares, real_shares_)}},
          {"missing_classes", {static_cast<double>(missing_classes(shares, real_shares_).size())}},
          {"pairwise_distance", pairwise_distance(features.values)}};
}

Scores Judge::scores_of(const Features& features) const {
  Scores scores = quick_scores(features);
  const Manifold found = manifold(real_.values, features.values);
  scores.emplace_back("precision", found.precision);
  scores.emplace_back("recall", found.recall);
  scores.emplace_back("density", found.density);
  scores.emplace_back("coverage", found.coverage);
  return scores;
}

Judgement Judge::judge(const at::Tensor& samples, const RealImages& real,
                       const std::function<void(const std::string&)>& report) const {
  require_samples(samples);
  const auto begin = [&](const std::string& what) {
    if (report) report(what);
  };
  Judgement judgement{.samples = samples.size(0), .real_images = std::min(samples.size(0), real.others.size())};
  begin("1 of 3: scores of " + with_commas(judgement.samples) + " samples");
  const Features features = extract_features(classifier_, in_random_order(samples));
  judgement.scores = scores_of(features);
  judgement.class_shares = class_shares(features.probabilities);
  judgement.real_class_shares = real_shares_;
  begin("2 of 3: scores of " + with_commas(judgement.real_images) + " real images");
  judgement.real = scores_of(extract_features(classifier_, real.others.any(judgement.real_images).images));
  begin("3 of 3: nearest training images");
  judgement.nearest = nearest(samples, real.seen.images);
  judgement.nearest_to_test =
      nearest(test_.images, real.seen.images, real.test_seen ? Itself::among : Itself::not_among);
  const at::Tensor& real_distances = judgement.nearest_to_test.distance;
  for (auto [scores, distances] :
       {std::pair{&judgement.scores, judgement.nearest.distance}, {&judgement.real, real_distances}}) {
    scores->emplace_back("nearest_distance", mean_of(distances));
    scores->emplace_back("memorised", memorised(distances, real_distances));
  }
  return judgement;
}

}  // namespace gan
