#include "gan/kernels/batch_std.h"

#include <torch/csrc/autograd/autograd.h>

#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

using test::distance;
using test::leaf;

constexpr double kRounding = 5e-6;  // of float, as a `distance`

at::Tensor by_operators(const at::Tensor& x) {
  return (x.var(0, /*unbiased=*/false) + 1e-8).sqrt().mean();
}

at::Tensor channels_last(const at::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

const std::vector<at::Tensor>& batches() {
  at::manual_seed(5);
  static const std::vector<at::Tensor> batches{at::randn({3, 2}), at::randn({64, 3, 4, 4}) + 3,
                                               channels_last(at::randn({7, 5, 3, 2})), 100 + at::randn({33, 17})};
  return batches;
}

TEST(MeanStdOverBatch, AndItsGradientAreThoseOfOperators) {
  for (const at::Tensor& batch : batches()) {
    SCOPED_TRACE(testing::Message() << batch.sizes());
    const at::Tensor x = leaf(batch), exact = leaf(batch.to(at::kDouble));
    const at::Tensor y = mean_std_over_batch(x), expected = by_operators(exact);
    (3 * y).backward();
    (3 * expected).backward();
    EXPECT_LE(distance(y, expected), kRounding);
    EXPECT_LE(distance(x.grad(), exact.grad()), 40 * kRounding);  // x - mean loses digits where the mean is 100
  }
}

TEST(MeanStdOverBatch, SecondGradientsAreThoseOfOperators) {
  for (const at::Tensor& batch : batches()) {
    SCOPED_TRACE(testing::Message() << batch.sizes());
    at::manual_seed(6);  // other numbers than the batch, whose own have no second gradient
    const at::Tensor v = at::randn(batch.sizes());
    const auto second = [&](const auto& function, at::ScalarType type) {
      const at::Tensor x = leaf(batch.to(type)), scale = leaf(at::scalar_tensor(2, type));
      const at::Tensor dx = torch::autograd::grad({scale * function(x)}, {x}, {}, true, /*create_graph=*/true)[0];
      (dx * v.to(type)).sum().backward();
      return std::pair(x.grad(), scale.grad());
    };
    const auto actual = second(mean_std_over_batch, at::kFloat), expected = second(by_operators, at::kDouble);
    EXPECT_LE(distance(actual.first, expected.first), 40 * kRounding);
    EXPECT_LE(distance(actual.second, expected.second), 40 * kRounding);
  }
}

TEST(MeanStdOverBatch, OfEqualSamplesHasNoSlope) {
  const at::Tensor x = leaf(at::ones({4, 6}));
  mean_std_over_batch(x).backward();
  EXPECT_EQ(x.grad().abs().max().item<float>(), 0);
}

TEST(MeanStdOverBatch, RefusesSamplesWithGaps) {
  EXPECT_THROW(mean_std_over_batch(at::zeros({4, 6}).slice(1, 0, 6, 2)), c10::Error);
  EXPECT_THROW(mean_std_over_batch(at::zeros({6, 4}).t()), c10::Error);
}

}  // namespace
}  // namespace gan
