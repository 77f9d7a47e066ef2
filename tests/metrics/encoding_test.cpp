#include "gan/metrics/encoding.h"

#include <algorithm>
#include <numeric>

#include "gan/base/random.h"
#include "gan/metrics/classes.h"
#include "gan/metrics/frechet_distance.h"
#include "support/test.h"

namespace gan {
namespace {

TEST(NeighbourAccuracy, IsTheShareWhoseNearestHasTheirLabel) {
  const at::Tensor train = at::tensor({0.F, 10.F, 20.F}).view({3, 1}), of_train = at::tensor({7, 8, 9}, at::kLong);
  const at::Tensor latents = at::tensor({1.F, 9.F, 14.F, 30.F}).view({4, 1}),
                   labels = at::tensor({7, 8, 9, 9}, at::kLong);
  EXPECT_EQ(neighbour_accuracy(train, of_train, latents, labels).value, 0.75);
}

/// The best sum over all assignments.
double best_by_trying(const at::Tensor& gains) {
  std::vector<int64_t> columns(static_cast<size_t>(gains.size(1)));
  std::iota(columns.begin(), columns.end(), 0);
  double best = -1e300;
  do {
    double sum = 0;
    for (int64_t row = 0; row < gains.size(0); ++row) {
      sum += gains[row][columns[static_cast<size_t>(row)]].item<double>();
    }
    best = std::max(best, sum);
  } while (std::ranges::next_permutation(columns).found);
  return best;
}

TEST(BestAssignment, IsTheBestOfAll) {
  const at::Generator generator = make_generator(1);
  for (const auto& [rows, columns] : {std::pair(1, 1), {3, 3}, {5, 5}, {3, 6}, {6, 6}}) {
    for (int i = 0; i < 5; ++i) {
      const at::Tensor gains = at::randint(-9, 10, {rows, columns}, generator, at::kDouble);
      const at::Tensor given = best_assignment(gains);
      EXPECT_EQ(std::get<0>(at::_unique(given)).size(0), rows);
      EXPECT_EQ(gains.gather(1, given.unsqueeze(1)).sum().item<double>(), best_by_trying(gains));
    }
  }
}

at::Tensor probabilities_of(const std::vector<int64_t>& categories, int64_t count) {
  return at::one_hot(at::tensor(categories), count).to(at::kFloat);
}

TEST(CategoryAccuracy, GivesEachClassACategoryOfItsOwn) {
  const at::Tensor labels = at::tensor({0, 0, 0, 1, 1, 2}, at::kLong);
  EXPECT_EQ(category_accuracy(probabilities_of({2, 2, 2, 0, 0, 1}, 3), labels, 3).value, 1);
  // All in one category: only the most frequent class has it.
  EXPECT_EQ(category_accuracy(probabilities_of({1, 1, 1, 1, 1, 1}, 3), labels, 3).value, 0.5);
}

TEST(CategoryAccuracy, MayHaveMoreOrFewerCategoriesThanClasses) {
  const at::Tensor labels = at::tensor({0, 0, 1, 2}, at::kLong);
  EXPECT_EQ(category_accuracy(probabilities_of({4, 4, 3, 0}, 5), labels, 3).value, 1);
  EXPECT_EQ(category_accuracy(probabilities_of({0, 0, 1, 1}, 2), labels, 3).value, 0.75);
}

TEST(PriorDistance, IsTheLargestInADimension) {
  const at::Tensor prior = at::tensor({-1.F, 1.F, -1.F, 1.F}).view({2, 2}).t().contiguous();
  const at::Tensor latents = at::stack({prior.select(1, 0) + 0.25, prior.select(1, 1) * 3}, 1);
  const PriorDistance distance = prior_distance(latents, prior);
  EXPECT_NEAR(distance.mean, 0.25, 1e-6);
  EXPECT_NEAR(distance.deviation, 2 * std::sqrt(2.0), 1e-5);
}

TEST(ClassDistances, CompareWithinEachClassAndLeaveOutRareOnes) {
  seed_default_generators(1);
  const at::Tensor real = at::randn({65, 2}, at::kDouble),
                   labels = at::cat({at::zeros({30}), at::ones({30}), at::full({5}, 2)}).to(at::kLong);
  at::Tensor moved = real.clone();
  moved.narrow(0, 30, 30).add_(3);
  const auto distances = class_distances(moved, labels, real, labels);
  ASSERT_EQ(distances.size(), 2u);
  EXPECT_NEAR(distances[0], 0, 1e-9);
  EXPECT_NEAR(distances[1], 18, 1e-6);
}

}  // namespace
}  // namespace gan
