#include "gan/kernels/dropout.h"

#include <map>

#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

TEST(LeakyReluDropout, DropsItsShareAndScalesTheRest) {
  at::manual_seed(1);
  const at::Tensor x = at::cat({at::ones({50'000}), -at::ones({50'000})});
  const at::Tensor y = leaky_relu_dropout(x, 0.2, 0.3);
  const double dropped = (y == 0).sum().item<double>() / 100'000;
  EXPECT_NEAR(dropped, 0.3, 0.006);  // four standard deviations
  const at::Tensor kept = y.masked_select(y != 0);
  EXPECT_TRUE(at::logical_or(at::isclose(kept, at::full({}, 1 / 0.7)), at::isclose(kept, at::full({}, -0.2 / 0.7)))
                  .all()
                  .item<bool>());
}

TEST(LeakyReluDropout, NeighboursAndRowsAreDroppedIndependently) {
  at::manual_seed(2);
  const at::Tensor kept = leaky_relu_dropout(at::ones({512, 512}), 0.2, 0.5).to(at::kDouble) - 1;  // -1 or 1
  for (const auto& [a, b] : {std::pair{kept.narrow(1, 0, 511), kept.narrow(1, 1, 511)},
                             {kept.narrow(0, 0, 511), kept.narrow(0, 1, 511)},
                             {kept.narrow(0, 0, 256), kept.narrow(0, 256, 256)}}) {
    EXPECT_NEAR((a * b).mean().item<double>(), 0, 0.012);
  }
}

TEST(LeakyReluDropout, NumbersAPowerOfTwoApartAreDroppedIndependently) {
  at::manual_seed(6);
  constexpr int64_t kMasks = 20, kNumbers = 1 << 18;  // a correlation of 0.01 is 20 standard deviations
  for (const double p : {0.3, 0.5}) {
    std::map<int64_t, double> sums;
    for (int64_t mask = 0; mask < kMasks; ++mask) {
      const at::Tensor kept = leaky_relu_dropout(at::ones({kNumbers}), 0.2, p) * (1 - p) - (1 - p);  // mean 0
      for (int64_t apart = 1; apart < kNumbers; apart *= 2) {
        const int64_t pairs = kNumbers - apart;
        sums[apart] += at::dot(kept.narrow(0, 0, pairs), kept.narrow(0, apart, pairs)).item<double>();
      }
    }
    for (const auto& [apart, sum] : sums) {
      const auto pairs = static_cast<double>(kMasks * (kNumbers - apart));
      EXPECT_NEAR(sum / (p * (1 - p)) / std::sqrt(pairs), 0, 4) << apart << ", p " << p;  // standard deviations
    }
  }
}

TEST(LeakyReluDropout, TheNumberOfDropsIsBinomial) {
  at::manual_seed(7);
  constexpr int64_t kMasks = 600, kNumbers = 1 << 18;
  for (const double p : {0.3, 0.5}) {
    const at::Tensor x = at::ones({kNumbers}), dropped = at::empty({kMasks}, at::kDouble);
    for (int64_t mask = 0; mask < kMasks; ++mask)
      dropped[mask] = kNumbers - (1 - p) * leaky_relu_dropout(x, 0.2, p).sum();
    const double variance = kNumbers * p * (1 - p);
    EXPECT_NEAR(dropped.mean().item<double>(), kNumbers * p, 4 * std::sqrt(variance / kMasks));
    EXPECT_NEAR(dropped.var().item<double>() / variance, 1, 4 * std::sqrt(2.0 / kMasks));
  }
}

TEST(LeakyReluDropout, ALargerTensorBeginsWithTheSameDrops) {
  const auto of = [](int64_t size) {
    at::manual_seed(8);
    return leaky_relu_dropout(at::ones({size}), 0.2, 0.5);
  };
  const at::Tensor all = of(1000);
  for (const int64_t size : {1, 255, 256, 257, 511}) EXPECT_TRUE(at::equal(of(size), all.narrow(0, 0, size))) << size;
}

TEST(LeakyReluDropout, DropsDifferentNumbersEachCallByTheGenerator) {
  const at::Tensor x = at::ones({1000});
  at::manual_seed(3);
  const at::Tensor first = leaky_relu_dropout(x, 0.2, 0.5), second = leaky_relu_dropout(x, 0.2, 0.5);
  EXPECT_NEAR((first == second).to(at::kFloat).mean().item<double>(), 0.5, 0.07);
  at::manual_seed(3);
  EXPECT_TRUE(at::equal(leaky_relu_dropout(x, 0.2, 0.5), first));
}

TEST(LeakyReluDropout, OnlyKeptNumbersHaveAGradient) {
  at::manual_seed(4);
  const at::Tensor x = test::leaf(at::randn({100, 33})), dy = at::randn({100, 33});
  const at::Tensor y = leaky_relu_dropout(x, 0.2, 0.4);
  y.backward(dy);
  const at::Tensor slope = at::where(x > 0, 1.0, 0.2) * (y != 0) / 0.6;
  EXPECT_LE(test::distance(x.grad(), slope * dy), 1e-6);
}

TEST(LeakyReluDropout, HasTheSameBitsForAnyNumberOfThreads) {
  const at::Tensor x = at::randn({100'000});
  EXPECT_TRUE(test::ignores_number_of_threads([&] {
    at::manual_seed(5);
    return std::vector{leaky_relu_dropout(x, 0.2, 0.5)};
  }));
}

TEST(LeakyReluDropout, WithoutDropoutIsLeakyRelu) {
  const at::Tensor x = at::randn({1000});
  EXPECT_TRUE(at::equal(leaky_relu_dropout(x, 0.2, 0), at::leaky_relu(x, 0.2)));
}

}  // namespace
}  // namespace gan
