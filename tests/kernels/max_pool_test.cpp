#include "gan/kernels/max_pool.h"

#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

using test::distance;

struct Result {
  at::Tensor y, dx;
};

Result by_kernel(const at::Tensor& input, const at::Tensor& dy) {
  const at::Tensor x = input.detach().requires_grad_();
  const at::Tensor y = tanh_max_pool(x);
  y.backward(dy);
  return {y, x.grad()};
}

/// By LibTorch's layers, in float64.
Result by_layers(const at::Tensor& input, const at::Tensor& dy) {
  const at::Tensor x = input.detach().to(at::kDouble).requires_grad_();
  const at::Tensor y = at::max_pool2d(at::tanh(x), 2);
  y.backward(dy.to(at::kDouble));
  return {y, x.grad()};
}

void expect_same(const Result& actual, const Result& expected, double tolerance) {
  EXPECT_LE(distance(actual.y, expected.y), tolerance);
  EXPECT_LE(distance(actual.dx, expected.dx), tolerance);
}

TEST(TanhMaxPool, MatchesTheTwoLayersInAnyMemoryLayout) {
  at::manual_seed(3);
  for (const auto& shape :
       {std::vector<int64_t>{1, 1, 2, 2}, {3, 1, 4, 6}, {2, 3, 8, 2}, {5, 17, 6, 10}, {2, 70, 4, 4}}) {
    SCOPED_TRACE(testing::PrintToString(shape));
    const at::Tensor x = at::randn(shape), dy = at::randn({shape[0], shape[1], shape[2] / 2, shape[3] / 2});
    const Result expected = by_layers(x, dy);
    expect_same(by_kernel(x, dy), expected, 1e-5);
    constexpr auto kLast = at::MemoryFormat::ChannelsLast;
    expect_same(by_kernel(x.contiguous(kLast), dy.contiguous(kLast)), expected, 1e-5);
    expect_same(by_kernel(x, at::full({1, 1, 1, 1}, 0.5).expand(dy.sizes())), by_layers(x, at::full(dy.sizes(), 0.5)),
                1e-5);
  }
}

TEST(TanhMaxPool, OnlyOneOfEqualPixelsGetsTheGradient) {
  const Result result = by_kernel(at::full({1, 3, 4, 4}, 0.5), at::ones({1, 3, 2, 2}));
  EXPECT_EQ(result.dx.count_nonzero().item<int64_t>(), 3 * 4);
}

TEST(TanhMaxPool, Bfloat16StaysBfloat16) {
  at::manual_seed(3);
  const at::Tensor x = at::randn({2, 3, 6, 4}).to(at::kBFloat16), dy = at::randn({2, 3, 3, 2}).to(at::kBFloat16);
  const Result result = by_kernel(x, dy);
  EXPECT_EQ(result.y.scalar_type(), at::kBFloat16);
  EXPECT_EQ(result.dx.scalar_type(), at::kBFloat16);
  EXPECT_LE(distance(result.y, by_layers(x, dy).y), 1. / 256);
}

TEST(TanhMaxPool, KeepsNan) {
  for (int64_t pixel = 0; pixel < 4; ++pixel) {
    at::Tensor x = at::randn({1, 1, 4, 4});
    x[0][0][pixel / 2][pixel % 2] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(at::isnan(tanh_max_pool(x)[0][0][0][0]).item<bool>()) << pixel;
  }
}

TEST(TanhMaxPool, HasTheSameBitsForAnyNumberOfThreads) {
  const at::Tensor x = at::randn({16, 17, 20, 20}), dy = at::randn({16, 17, 10, 10});
  EXPECT_TRUE(test::ignores_number_of_threads([&] {
    const Result result = by_kernel(x, dy);
    return std::vector{result.y, result.dx};
  }));
}

}  // namespace
}  // namespace gan
