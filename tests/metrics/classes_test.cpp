#include "gan/metrics/classes.h"

#include "support/points.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const at::Tensor kProbabilities = (2 * test::points(50, 3, 0.25)).softmax(1);

at::Tensor certain(const std::vector<int64_t>& classes, int64_t of) {
  return at::one_hot(at::tensor(classes), of).to(at::kDouble);
}

TEST(ClassifierScore, MatchesAnIndependentImplementation) {
  const Estimate score = classifier_score(kProbabilities);
  EXPECT_NEAR(score.value, 1.3998419150432186, 1e-12);
  EXPECT_NEAR(score.error, 0.02409685033515345, 1e-12);
}

TEST(ClassifierScore, RangesFromOneToTheNumberOfClasses) {
  std::vector<int64_t> even;
  for (int64_t i = 0; i < 100; ++i) even.push_back(i % 5);
  EXPECT_NEAR(classifier_score(certain(even, 5)).value, 5, 1e-9);
  EXPECT_NEAR(classifier_score(certain(std::vector<int64_t>(100, 3), 5)).value, 1, 1e-9);
}

TEST(Confidence, MatchesAnIndependentImplementation) {
  EXPECT_NEAR(confidence(kProbabilities).value, 0.6538368718320061, 1e-12);
  EXPECT_NEAR(confidence(kProbabilities).error, 0.02238679472906601, 1e-12);
}

TEST(ClassShares, MatchAnIndependentImplementation) {
  EXPECT_THAT(class_shares(kProbabilities), ElementsAre(0.3, 0.28, 0.42));
}

TEST(ClassShares, IncludeClassesWithoutImages) {
  EXPECT_THAT(class_shares(certain({0, 0, 1, 0}, 4)), ElementsAre(0.75, 0.25, 0, 0));
}

TEST(ClassDistance, RangesFromZeroToOne) {
  const std::vector<double> even{0.25, 0.25, 0.25, 0.25};
  EXPECT_DOUBLE_EQ(class_distance(even, even), 0);
  EXPECT_DOUBLE_EQ(class_distance({1, 0, 0, 0}, even), 0.75);
  EXPECT_DOUBLE_EQ(class_distance({0.5, 0.5, 0, 0}, even), 0.5);
  EXPECT_DOUBLE_EQ(class_distance({0.5, 0.5, 0, 0}, {0, 0, 0.5, 0.5}), 1);
}

TEST(ClassDistance, IsZeroForClassesAsRareAsInTheData) {
  EXPECT_DOUBLE_EQ(class_distance({0, 0.9, 0.1}, {0, 0.9, 0.1}), 0);
}

TEST(MissingClasses, HaveLessThanATenthOfTheirShareOfTheRealImages) {
  const std::vector<double> even{0.25, 0.25, 0.25, 0.25};
  EXPECT_THAT(missing_classes({0.5, 0.024, 0.026, 0.45}, even), ElementsAre(1));
  EXPECT_THAT(missing_classes(even, even), IsEmpty());
  EXPECT_THAT(missing_classes({0.98, 0.02, 0}, {0.97, 0.02, 0.01}), ElementsAre(2));
}

TEST(MissingClasses, ExcludeClassesThatTheRealImagesLack) {
  EXPECT_THAT(missing_classes({0, 0.98, 0.02}, {0, 0.98, 0.02}), IsEmpty());  // as with labels from 1
}

TEST(LabelAccuracy, IsOfAllImagesAndOfTheWorstClass) {
  const at::Tensor classes = at::tensor({0, 0, 0, 0, 1, 1, 2, 0}, at::kLong);
  const at::Tensor labels = at::tensor({0, 0, 0, 0, 1, 1, 2, 2}, at::kLong);
  const LabelAccuracy accuracy = label_accuracy(at::one_hot(classes, 5).to(at::kDouble), labels);
  EXPECT_DOUBLE_EQ(accuracy.mean.value, 7.0 / 8);
  EXPECT_DOUBLE_EQ(accuracy.worst.value, 0.5);
}

}  // namespace
}  // namespace gan
