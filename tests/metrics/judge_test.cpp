#include "gan/metrics/judge.h"

#include "gan/base/random.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using testing::HasSubstr;

Classifier untrained(ImageShape images = {}) {
  seed_default_generators(1);
  return {.name = "any", .images = images, .classes = 10, .accuracy = 0.5, .network = build_classifier(images, 10)};
}

Dataset tiny(Split split) {
  return load_dataset(test::mnist_tiny(), split);
}

std::vector<std::string> names_of(const Scores& scores) {
  std::vector<std::string> names;
  for (const auto& [name, estimate] : scores) names.push_back(name);
  return names;
}

double value_of(const Scores& scores, const std::string& name) {
  for (const auto& [key, estimate] : scores) {
    if (key == name) return estimate.value;
  }
  ADD_FAILURE() << name;
  return 0;
}

/// The test digits, and the first training digits.
RealImages digits(int64_t count = 1000) {
  const Dataset train = tiny(Split::train).first(count);
  return {.test = tiny(Split::test), .others = train, .seen = train};
}

TEST(Judge, ScoresRealImagesAsReal) {
  const Dataset test = tiny(Split::test);
  const Judgement judgement = Judge(untrained(), test).judge(test.images, digits());
  EXPECT_EQ(judgement.samples, test.size());
  EXPECT_NEAR(value_of(judgement.scores, "any_fd"), 0, 1e-6);
  EXPECT_EQ(value_of(judgement.scores, "precision"), 1);
  EXPECT_EQ(value_of(judgement.scores, "recall"), 1);
  EXPECT_NEAR(value_of(judgement.scores, "memorised"), 0.01, 0.011);
  EXPECT_EQ(value_of(judgement.scores, "nearest_distance"), value_of(judgement.real, "nearest_distance"));
}

TEST(Judge, ScoresNoiseAsFarAndCopiesAsMemorised) {
  const Dataset train = tiny(Split::train);
  const Judge judge(untrained(), tiny(Split::test));
  const Judgement noise = judge.judge(at::randint(256, {200, 1, 28, 28}, at::kByte), digits());
  EXPECT_GT(value_of(noise.scores, "any_fd"), 5 * value_of(noise.real, "any_fd"));
  EXPECT_EQ(value_of(noise.scores, "memorised"), 0);
  const Judgement copies = judge.judge(train.first(200).images, digits(200));
  EXPECT_EQ(value_of(copies.scores, "memorised"), 1);
  EXPECT_NEAR(value_of(copies.scores, "any_fd"), value_of(copies.real, "any_fd"), 1e-6);
}

TEST(Judge, JudgesByHalfOfDataWithoutTestImagesAndFindsCopiesOfAll) {
  const Dataset all = tiny(Split::train);
  const RealImages real = halves(all);
  EXPECT_EQ(std::tuple(real.test.size(), real.others.size(), real.seen.size()), std::tuple(500, 500, 1000));
  EXPECT_GT(nearest(real.test.images, real.others.images).distance.min().item<float>(), 0) << "they share an image";
  const Judge judge(untrained(), real.test);
  const Judgement fresh = judge.judge(tiny(Split::test).images, real), copies = judge.judge(all.images, real);
  EXPECT_LT(value_of(fresh.scores, "memorised"), 0.05);
  EXPECT_NEAR(value_of(fresh.real, "memorised"), 0.01, 0.005);
  EXPECT_EQ(value_of(copies.scores, "memorised"), 1);
  EXPECT_GT(value_of(copies.real, "nearest_distance"), 1) << "an image is not its own neighbour";
}

TEST(Judge, NamesTheSameScoresForSamplesAndRealImages) {
  const Dataset test = tiny(Split::test);
  const Judge judge(untrained(), test);
  const Judgement judgement = judge.judge(test.images, digits());
  const auto all = names_of(judgement.scores), few = names_of(judge.quick_scores(test.images));
  EXPECT_EQ(names_of(judgement.real), all);
  EXPECT_EQ(few, (std::vector<std::string>{"any_fd", "any_kd", "classifier_score", "confidence", "class_distance",
                                           "missing_classes", "pairwise_distance"}));
  EXPECT_TRUE(std::equal(few.begin(), few.end(), all.begin()));
}

TEST(Judge, RefusesOtherSamplesAndData) {
  const Dataset test = tiny(Split::test);
  const Judge judge(untrained(), test);
  EXPECT_THAT(error_of([&] { judge.quick_scores(test.images.narrow(0, 0, 99)); }),
              HasSubstr("at least 100 samples, got 99"));
  EXPECT_THAT(error_of([&] {
                judge.quick_scores(at::zeros({200, 3, 28, 28}, at::kByte));
              }),
              HasSubstr("samples of 1x28x28 like the real images, got 3x28x28"));
  EXPECT_THAT(error_of([&] { Judge(untrained({1, 32, 32}), test); }), HasSubstr("takes images of 1x32x32"));
  EXPECT_THAT(error_of([&] { Judge(untrained(), test.first(99)); }), HasSubstr("at least 100 test images"));
}

}  // namespace
}  // namespace gan
