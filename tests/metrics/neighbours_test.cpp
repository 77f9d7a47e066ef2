#include "gan/metrics/neighbours.h"

#include "gan/base/random.h"
#include "support/points.h"
#include "support/test.h"

namespace gan {
namespace {

using test::points;

TEST(Manifold, MatchesAnIndependentImplementation) {
  const Manifold found = manifold(points(60, 4, 0), points(50, 4, 0.5));
  EXPECT_NEAR(found.precision.value, 0.8, 1e-12);
  EXPECT_NEAR(found.recall.value, 0.9333333333333333, 1e-12);
  EXPECT_NEAR(found.density.value, 0.696, 1e-12);
  EXPECT_NEAR(found.coverage.value, 0.9666666666666667, 1e-12);
}

TEST(Manifold, OfTheRealImagesIsOne) {
  const at::Tensor x = points(60, 4, 0);
  const Manifold found = manifold(x, x);
  EXPECT_EQ(found.precision.value, 1);
  EXPECT_EQ(found.recall.value, 1);
  EXPECT_EQ(found.coverage.value, 1);
}

TEST(Manifold, OfOneRepeatedImageHasPrecisionAndNoRecall) {
  const at::Tensor real = points(60, 4, 0);
  const Manifold found = manifold(real, real.narrow(0, 0, 1).expand({50, 4}));
  EXPECT_EQ(found.precision.value, 1);
  EXPECT_LT(found.recall.value, 0.05);
  EXPECT_LT(found.coverage.value, 0.2);
}

TEST(Manifold, OfDistantSamplesIsZero) {
  const Manifold found = manifold(points(60, 4, 0), points(50, 4, 0) + 100);
  EXPECT_EQ(found.precision.value, 0);
  EXPECT_EQ(found.recall.value, 0);
  EXPECT_EQ(found.density.value, 0);
  EXPECT_EQ(found.coverage.value, 0);
}

TEST(Manifold, DoesNotDependOnTheBlockSize) {
  auto generator = make_generator(5);
  const at::Tensor real = at::randn({9000, 2}, generator, at::kDouble);  // 1,864 rows a block
  const Manifold found = manifold(real, real.flip(0));
  EXPECT_EQ(found.precision.value, 1);
  EXPECT_EQ(found.coverage.value, 1);
}

TEST(PairwiseDistance, MatchesAnIndependentImplementation) {
  EXPECT_NEAR(pairwise_distance(points(50, 4, 0.5)).value, 1.9226466480265507, 1e-12);
}

TEST(PairwiseDistance, OfEqualImagesIsZero) {
  EXPECT_EQ(pairwise_distance(at::full({50, 4}, 1e3, at::kDouble)).value, 0);
}

TEST(PairwiseDistance, OfCopiesIsZeroDespiteRounding) {
  for (const double shift : {0.0, 0.25, 0.5, 0.75}) {
    const at::Tensor far = points(1, 64, shift) * 3 + 100;
    EXPECT_EQ(pairwise_distance(far.expand({50, 64})).value, 0) << shift;
  }
}

TEST(Nearest, FindsTheImageAndItsDistance) {
  const at::Tensor train = at::zeros({3, 1, 2, 2}, at::kByte);
  train[1].fill_(255);
  train[2].fill_(51);
  const at::Tensor images = at::stack({train[1], train[0]});
  images[1][0][0][0] = 10;
  const Nearest found = nearest(images, train);
  EXPECT_TRUE(at::equal(found.index, at::tensor({1, 0})));
  EXPECT_NEAR(found.distance[0].item<float>(), 0, 1e-3);
  EXPECT_NEAR(found.distance[1].item<float>(), 10 * 2 / 255.0, 1e-5);  // pixels are in [-1, 1]
}

TEST(Nearest, IsExactForCopiesAndForImagesAByteApart) {
  auto generator = make_generator(6);
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{1, 28, 28}, {3, 32, 32}, {1, 28, 29}}) {
    std::vector<int64_t> all{50};
    all.insert(all.end(), shape.begin(), shape.end());
    const at::Tensor train = at::randint(200, 256, all, generator, at::kByte), images = train.flip(0).clone();
    for (int64_t i = 0; i < 25; ++i) images[i].flatten()[i].bitwise_xor_(1);
    const Nearest found = nearest(images, train);
    EXPECT_TRUE(at::equal(found.index, at::arange(50).flip(0)));
    EXPECT_TRUE(at::equal(found.distance, at::cat({at::full({25}, 1 / 127.5F), at::zeros({25})})));
    const at::Tensor others = train.narrow(0, 0, 20);
    const at::Tensor squares = (images.unsqueeze(1).to(at::kLong) - others.to(at::kLong)).flatten(2).square().sum(2);
    const at::Tensor exact = std::get<0>(squares.min(1)).to(at::kDouble).sqrt() / 127.5;
    EXPECT_TRUE(at::allclose(nearest(images, others).distance.to(at::kDouble), exact, 2e-7, 0));
  }
}

TEST(Nearest, AmongItselfIsTheSecondNearest) {
  const at::Tensor images = at::tensor({0, 10, 14, 200, 200}, at::kByte).view({5, 1, 1, 1});
  const Nearest found = nearest(images, images, Itself::among);
  EXPECT_TRUE(at::allclose(found.distance * 127.5, at::tensor({10.F, 4.F, 4.F, 0.F, 0.F})));
  EXPECT_TRUE(at::equal(found.index.narrow(0, 0, 3), at::tensor({1, 2, 1})));
}

TEST(Nearest, OfManyLargeImagesComesInParts) {
  const int64_t count = 360;  // more than 2^24 numbers
  const at::Tensor images = at::randint(256, {count, 3, 128, 128}, make_generator(2), at::kByte);
  const Nearest found = nearest(images.flip(0), images);
  EXPECT_TRUE(at::equal(found.index, at::arange(count).flip(0)));
  EXPECT_EQ(found.distance.max().item<float>(), 0);
}

TEST(Memorised, IsAHundredthForRealImagesAndOneForCopies) {
  const at::Tensor real = at::arange(1, 1001, at::kFloat);
  EXPECT_NEAR(memorised(real, real).value, 0.01, 0.001);
  EXPECT_EQ(memorised(at::zeros({100}), real).value, 1);
  EXPECT_EQ(memorised(at::full({100}, 5000.0), real).value, 0);
}

TEST(Memorised, CountsCopiesIfSomeRealImagesAreCopies) {
  const at::Tensor real = at::cat({at::zeros({50}), at::arange(1, 951, at::kFloat)});
  EXPECT_EQ(memorised(at::zeros({100}), real).value, 1);
  EXPECT_NEAR(memorised(real, real).value, 0.05, 1e-12);
}

}  // namespace
}  // namespace gan
