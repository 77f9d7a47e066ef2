#include "gan/base/random.h"
#include "gan/metrics/frechet_distance.h"
#include "gan/metrics/kernel_distance.h"
#include "support/points.h"
#include "support/test.h"

namespace gan {
namespace {

using test::points;

// Here and in the other tests of metrics, numbers with ten digits or more come from tests/python/metrics_reference.py
// (NumPy 2.4).

TEST(FrechetDistance, MatchesAnIndependentImplementation) {
  EXPECT_NEAR(frechet_distance(gaussian_of(points(50, 4, 0.5)), gaussian_of(points(60, 4, 0))), 0.16107387336616252,
              1e-12);
}

TEST(FrechetDistance, OfAShiftIsItsSquare) {
  const at::Tensor x = points(50, 4, 0);
  EXPECT_NEAR(frechet_distance(gaussian_of(x), gaussian_of(x + 3)), 4 * 9, 1e-9);
  EXPECT_NEAR(frechet_distance(gaussian_of(x), gaussian_of(x)), 0, 1e-12);
}

TEST(FrechetDistance, OfScaledGaussiansIsTheDifferenceOfDeviations) {
  const at::Tensor x = points(50, 1, 0);
  const double deviation = x.std().item<double>();
  EXPECT_NEAR(frechet_distance(gaussian_of(x - x.mean()), gaussian_of(3 * (x - x.mean()))), 4 * deviation * deviation,
              1e-9);
}

TEST(FrechetDistance, AcceptsConstantFeatures) {
  at::Tensor dead = points(50, 4, 0);
  dead.select(1, 2).zero_();
  EXPECT_NEAR(frechet_distance(gaussian_of(dead), gaussian_of(dead)), 0, 1e-12);
  EXPECT_NEAR(
      frechet_distance(gaussian_of(at::zeros({50, 4}, at::kDouble)), gaussian_of(at::ones({50, 4}, at::kDouble))), 4,
      1e-12);
}

TEST(KernelDistance, MatchesAnIndependentImplementation) {
  const Estimate distance = kernel_distance(points(50, 4, 0.5), points(60, 4, 0));
  EXPECT_NEAR(distance.value, -0.8963540258687102, 1e-12);
  EXPECT_NEAR(distance.error, 0.02947697524813211, 1e-12);
}

TEST(KernelDistance, IsZeroOnAverageForEqualDistributions) {
  auto generator = make_generator(3);
  const at::Tensor x = at::randn({2000, 8}, generator, at::kDouble), y = at::randn({2000, 8}, generator, at::kDouble);
  const Estimate same = kernel_distance(x, y), other = kernel_distance(x, y + 0.5);
  EXPECT_LT(std::abs(same.value), 4 * same.error);
  EXPECT_GT(other.value, 10 * same.error);
}

}  // namespace
}  // namespace gan
