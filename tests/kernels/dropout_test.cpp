#include "gan/kernels/dropout.h"

#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

TEST(LeakyReluDropout, DropsItsShareAndScalesTheRest) {
  at::manual_seed(1);
  const at::Tensor x = at::cat({at::ones({50'000}), -at::ones({50'000})});
  const at::Tensor y = leaky_relu_dropout(x, 0.2, 0.3);
  const double dropped = (y == 0).sum().item<double>() / 100'000;
  EXPECT_NEAR(dropped, 0.3, 0.006);  // four deviations
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

TEST(LeakyReluDropout, EachCallDropsOthersAndTheGeneratorDecidesWhich) {
  const at::Tensor x = at::ones({1000});
  at::manual_seed(3);
  const at::Tensor first = leaky_relu_dropout(x, 0.2, 0.5), second = leaky_relu_dropout(x, 0.2, 0.5);
  EXPECT_NEAR((first == second).to(at::kFloat).mean().item<double>(), 0.5, 0.07);
  at::manual_seed(3);
  EXPECT_TRUE(at::equal(leaky_relu_dropout(x, 0.2, 0.5), first));
}

TEST(LeakyReluDropout, ItsGradientIsThatOfTheNumbersKept) {
  at::manual_seed(4);
  const at::Tensor x = test::leaf(at::randn({100, 33})), dy = at::randn({100, 33});
  const at::Tensor y = leaky_relu_dropout(x, 0.2, 0.4);
  y.backward(dy);
  const at::Tensor slope = at::where(x > 0, 1.0, 0.2) * (y != 0) / 0.6;
  EXPECT_LE(test::distance(x.grad(), slope * dy), 1e-6);
}

TEST(LeakyReluDropout, TheNumberOfThreadsChangesNothing) {
  const at::Tensor x = at::randn({100'000});
  const auto with = [&](int threads) {
    const test::Threads guard(threads);
    at::manual_seed(5);
    return leaky_relu_dropout(x, 0.2, 0.5);
  };
  EXPECT_TRUE(at::equal(with(1), with(2)));
}

TEST(LeakyReluDropout, OfNothingIsLeakyRelu) {
  const at::Tensor x = at::randn({1000});
  EXPECT_TRUE(at::equal(leaky_relu_dropout(x, 0.2, 0), at::leaky_relu(x, 0.2)));
}

}  // namespace
}  // namespace gan
