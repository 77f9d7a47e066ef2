#include "gan/kernels/batch_norm.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

using test::distance;
using test::leaf;

constexpr double kRounding = 5e-6;      // of float, as a `distance`
constexpr double kBfloat16 = 1. / 256;  // half the gap between two numbers
// eps is large: with a small one and two values, the gradient is only rounding errors.
constexpr double kMomentum = 0.3, kEps = 0.1, kSlope = 0.1;

const std::vector<std::vector<int64_t>> kShapes{{2, 3, 1, 1}, {1, 4, 1, 2},    {3, 17, 1, 1},  {5, 1, 3, 4},
                                                {4, 3, 7, 5}, {8, 16, 14, 14}, {2, 129, 4, 4}, {17, 17, 9, 11}};

/// The input, with the gradient of the output.
struct Given {
  at::Tensor x, scale, shift, mean, var, dy;
};

/// The output; names with d are gradients.
struct Result {
  at::Tensor y, mean, var, dx, dscale, dshift;
};

at::Tensor before_activation(const Given& given) {
  const auto x = given.x.to(at::kDouble);
  return at::batch_norm(x, given.scale.to(at::kDouble), given.shift.to(at::kDouble), {}, {}, true, 0, kEps, false);
}

/// Moves x away from the kink of LeakyReLU, where the gradient depends on rounding.
void avoid_kink(Given& given, double margin) {
  const at::Tensor deviation = given.x.to(at::kDouble).std({0, 2, 3}, true, true) + 1e-3;
  for (int i = 0; i < 20; ++i) {
    const at::Tensor near = before_activation(given).abs() < margin;
    given.x = at::where(near, given.x + 3 * margin * deviation, given.x).to(given.x.scalar_type());
  }
  ASSERT_GE(before_activation(given).abs().min().item<double>(), margin);
}

Given given(at::IntArrayRef shape, double mean = 0, double deviation = 1) {
  at::manual_seed(7);
  const int64_t channels = shape[1];
  Given given{.x = mean + deviation * at::randn(shape),
              .scale = 0.5 + at::rand({channels}),
              .shift = at::randn({channels}),
              .mean = at::randn({channels}),
              .var = at::rand({channels}),
              .dy = at::randn(shape)};
  avoid_kink(given, 1e-3);
  return given;
}

BatchNormLeakyRelu kernel_of(const Given& given, bool for_scale = true, bool for_shift = true) {
  return {.scale = leaf(given.scale, for_scale),
          .shift = leaf(given.shift, for_shift),
          .running_mean = given.mean.clone(),
          .running_var = given.var.clone(),
          .momentum = kMomentum,
          .eps = kEps,
          .slope = kSlope};
}

Result by_kernel(const Given& given) {
  const BatchNormLeakyRelu kernel = kernel_of(given);
  const at::Tensor x = given.x.detach().requires_grad_();  // no copy, which would be contiguous
  const at::Tensor y = kernel(x);
  y.backward(given.dy);
  return {y, kernel.running_mean, kernel.running_var, x.grad(), kernel.scale.grad(), kernel.shift.grad()};
}

/// By LibTorch's layers, in float64.
Result by_layers(const Given& given) {
  const at::Tensor x = leaf(given.x.to(at::kDouble)), scale = leaf(given.scale.to(at::kDouble)),
                   shift = leaf(given.shift.to(at::kDouble));
  const at::Tensor mean = given.mean.to(at::kDouble), var = given.var.to(at::kDouble);
  const at::Tensor y = at::leaky_relu(
      at::batch_norm(x, scale, shift, mean, var, /*training=*/true, kMomentum, kEps, /*cudnn_enabled=*/false), kSlope);
  y.backward(given.dy.to(at::kDouble));
  return {y, mean, var, x.grad(), scale.grad(), shift.grad()};
}

void expect_same(const Result& actual, const Result& expected, double maps, double statistics) {
  EXPECT_LE(distance(actual.y, expected.y), maps);
  EXPECT_LE(distance(actual.dx, expected.dx), maps);
  EXPECT_LE(distance(actual.mean, expected.mean), statistics);
  EXPECT_LE(distance(actual.var, expected.var), statistics);
  EXPECT_LE(distance(actual.dscale, expected.dscale), statistics);
  EXPECT_LE(distance(actual.dshift, expected.dshift), statistics);
}

TEST(BatchNormLeakyRelu, MatchesTheTwoLayersForEachShape) {
  for (const auto& shape : kShapes) {
    SCOPED_TRACE(testing::PrintToString(shape));
    const Given in = given(shape);
    expect_same(by_kernel(in), by_layers(in), kRounding, kRounding);
  }
}

TEST(BatchNormLeakyRelu, GradientsMatchFiniteDifferences) {
  constexpr double kStep = 1e-2;
  Given in = given({2, 2, 2, 3});
  avoid_kink(in, 5 * kStep);
  const Result result = by_kernel(in);
  const auto sum = [&in] { return (by_kernel(in).y.detach().to(at::kDouble) * in.dy).sum().item<double>(); };
  const auto slopes = [&](const at::Tensor& values) {
    const at::Tensor slopes = at::empty(values.sizes(), at::kDouble);
    const at::Tensor flat = values.view(-1);  // of contiguous memory
    for (int64_t i = 0; i < flat.numel(); ++i) {
      const auto before = flat[i].item<float>();
      flat[i] = before + kStep;
      const double above = sum();
      flat[i] = before - kStep;
      slopes.view(-1)[i] = (above - sum()) / (2 * kStep);
      flat[i] = before;
    }
    return slopes;
  };
  EXPECT_LE(distance(result.dx, slopes(in.x)), 1e-3);
  EXPECT_LE(distance(result.dscale, slopes(in.scale)), 1e-3);
  EXPECT_LE(distance(result.dshift, slopes(in.shift)), 1e-3);
}

/// Gradients of a penalty: the gradient by x, weighted by `v`.
struct SecondResult {
  at::Tensor dx, ddy, dscale, dshift;
};

SecondResult second(const at::Tensor& y, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& scale,
                    const at::Tensor& shift, const at::Tensor& v) {
  const at::Tensor gradient = torch::autograd::grad({y}, {x}, {dy}, /*retain_graph=*/true, /*create_graph=*/true)[0];
  (gradient * v).sum().backward();
  return {x.grad(), dy.grad(), scale.grad(), shift.grad()};
}

SecondResult second_by_kernel(const Given& given, const at::Tensor& v) {
  const BatchNormLeakyRelu kernel = kernel_of(given);
  const at::Tensor x = given.x.detach().requires_grad_(), dy = given.dy.detach().requires_grad_();
  return second(kernel(x), x, dy, kernel.scale, kernel.shift, v);
}

SecondResult second_by_layers(const Given& given, const at::Tensor& v) {
  const at::Tensor x = leaf(given.x.to(at::kDouble)), dy = leaf(given.dy.to(at::kDouble)),
                   scale = leaf(given.scale.to(at::kDouble)), shift = leaf(given.shift.to(at::kDouble));
  const at::Tensor y =
      at::leaky_relu(at::batch_norm(x, scale, shift, {}, {}, /*training=*/true, kMomentum, kEps, false), kSlope);
  return second(y, x, dy, scale, shift, v.to(at::kDouble));
}

void expect_same(const SecondResult& actual, const SecondResult& expected, double tolerance, double of_scale) {
  EXPECT_LE(distance(actual.dx, expected.dx), tolerance);
  EXPECT_LE(distance(actual.ddy, expected.ddy), tolerance);
  EXPECT_LE(distance(actual.dscale, expected.dscale), of_scale);
  // A shift only moves the kink of LeakyReLU: its gradient is zero, and not none, or optimizers would pass it over.
  for (const at::Tensor& shift : {actual.dshift, expected.dshift}) {
    ASSERT_TRUE(shift.defined());
    EXPECT_EQ(shift.abs().max().item<double>(), 0);
  }
}

TEST(BatchNormLeakyRelu, DoubleBackwardMatchesTheTwoLayersForEachShape) {
  for (const auto& shape : kShapes) {
    SCOPED_TRACE(testing::PrintToString(shape));
    const Given in = given(shape);
    const at::Tensor v = 0.3 + at::randn(shape);
    expect_same(second_by_kernel(in, v), second_by_layers(in, v), 4 * kRounding, 4 * kRounding);
  }
}

TEST(BatchNormLeakyRelu, DoubleBackwardStaysPreciseWithALargeMean) {
  const Given in = given({6, 5, 9, 10}, /*mean=*/1000, /*deviation=*/1);
  const at::Tensor v = at::randn(in.x.sizes());
  expect_same(second_by_kernel(in, v), second_by_layers(in, v), 1e-4, 1e-4);
}

TEST(BatchNormLeakyRelu, DoubleBackwardInBfloat16IsRoundedOnce) {
  Given in = given({8, 17, 7, 5});
  in.x = in.x.to(at::kBFloat16);
  in.dy = in.dy.to(at::kBFloat16);
  avoid_kink(in, 0.02);
  const at::Tensor v = at::randn(in.x.sizes()).to(at::kBFloat16);
  const SecondResult result = second_by_kernel(in, v);
  EXPECT_EQ(result.dx.scalar_type(), at::kBFloat16);
  EXPECT_EQ(result.ddy.scalar_type(), at::kBFloat16);
  expect_same(result, second_by_layers(in, v), kBfloat16, kRounding);
}

TEST(BatchNormLeakyRelu, DoubleBackwardHasTheSameBitsForAnyNumberOfThreads) {
  for (const auto& shape : {std::vector<int64_t>{32, 17, 14, 14}, {64, 129, 3, 5}}) {
    const Given in = given(shape);
    const at::Tensor v = at::randn(shape);
    EXPECT_TRUE(test::ignores_number_of_threads([&] {
      const SecondResult result = second_by_kernel(in, v);
      return std::vector{result.dx, result.ddy, result.dscale};
    }));
  }
}

TEST(BatchNormLeakyRelu, OtherDoubleBackwardsAreRefused) {
  const Given in = given({4, 3, 5, 8});
  const BatchNormLeakyRelu kernel{
      .scale = leaf(in.scale), .shift = leaf(in.shift), .running_mean = in.mean, .running_var = in.var};
  const at::Tensor x = leaf(in.x);
  const auto gradient = [](const at::Tensor& of, const at::Tensor& by) {
    return torch::autograd::grad({of.square().sum()}, {by}, {}, true, /*create_graph=*/true)[0];
  };
  EXPECT_THROW(gradient(kernel(x), kernel.scale), c10::Error);
  EXPECT_THROW(gradient(kernel(x), kernel.shift), c10::Error);
  EXPECT_THROW(gradient(gradient(kernel(x), x), x), c10::Error);
}

TEST(BatchNormLeakyRelu, StaysPreciseIfTheMeanIsLargeAgainstTheDeviation) {
  const Given in = given({6, 5, 9, 10}, /*mean=*/1000, /*deviation=*/1);
  // A float near 1000 is exact to 3e-5, and so is the difference from the mean.
  expect_same(by_kernel(in), by_layers(in), 1e-4, 1e-5);
}

TEST(BatchNormLeakyRelu, StaysPreciseIfTheFirstPixelIsAnOutlier) {
  Given in = given({8, 3, 28, 28});
  in.x[0].select(1, 0).select(1, 0) = 100;
  avoid_kink(in, 1e-3);
  expect_same(by_kernel(in), by_layers(in), 1e-4, 1e-4);
}

TEST(BatchNormLeakyRelu, AConstantChannelGivesItsShift) {
  Given in = given({4, 3, 5, 5});
  in.x.select(1, 1) = 0.7;
  const Result result = by_kernel(in);
  const auto shift = in.shift[1].item<double>();
  EXPECT_LE(distance(result.y.select(1, 1), at::full({4, 5, 5}, shift > 0 ? shift : kSlope * shift)), 1e-4);
  EXPECT_NEAR(result.var[1].item<double>(), (1 - kMomentum) * in.var[1].item<double>(), 1e-6);
  EXPECT_NEAR(result.dscale[1].item<double>(), 0, 1e-3);
  expect_same(result, by_layers(in), 1e-4, 1e-4);
}

TEST(BatchNormLeakyRelu, Bfloat16IsRoundedOnceAndStatisticsStayFloat) {
  Given in = given({8, 17, 7, 5});
  in.x = in.x.to(at::kBFloat16);
  in.dy = in.dy.to(at::kBFloat16);
  avoid_kink(in, 0.02);
  const Result result = by_kernel(in);
  EXPECT_EQ(result.y.scalar_type(), at::kBFloat16);
  EXPECT_EQ(result.dx.scalar_type(), at::kBFloat16);
  EXPECT_EQ(result.dscale.scalar_type(), at::kFloat);
  expect_same(result, by_layers(in), kBfloat16, kRounding);
}

TEST(BatchNormLeakyRelu, AcceptsAnyMemoryLayout) {
  const Given in = given({4, 6, 5, 8});
  const Result expected = by_layers(in);
  Given other = in;
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    other.x = in.x.contiguous(format);
    other.dy = in.dy.contiguous(format);
    expect_same(by_kernel(other), expected, kRounding, kRounding);
  }
  other.x = at::zeros({4, 12, 5, 16}).slice(1, 0, 12, 2).slice(3, 3, 11).copy_(in.x);  // with gaps
  other.dy = in.dy.transpose(2, 3).contiguous().transpose(2, 3);
  expect_same(by_kernel(other), expected, kRounding, kRounding);
}

TEST(BatchNormLeakyRelu, AcceptsAnExpandedGradient) {
  Given in = given({4, 3, 5, 8});
  in.dy = at::full({1, 1, 1, 1}, 0.5).expand(in.x.sizes());  // expanded, like the gradient of a sum
  expect_same(by_kernel(in), by_layers(in), kRounding, kRounding);
}

TEST(BatchNormLeakyRelu, LeavesItsInputUnchanged) {
  const Given in = given({4, 3, 5, 8});
  Given cl = in;
  cl.x = in.x.contiguous(at::MemoryFormat::ChannelsLast).clone();  // the kernel does not copy it
  cl.dy = in.dy.contiguous(at::MemoryFormat::ChannelsLast).clone();
  by_kernel(cl);
  EXPECT_TRUE(at::equal(cl.x, in.x));
  EXPECT_TRUE(at::equal(cl.dy, in.dy));
}

TEST(BatchNormLeakyRelu, ReturnsChannelsLastMaps) {
  const Result result = by_kernel(given({4, 3, 5, 8}));
  EXPECT_TRUE(result.y.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(BatchNormLeakyRelu, HasTheSameBitsForAnyNumberOfThreads) {
  for (const auto& shape : {std::vector<int64_t>{32, 17, 14, 14}, {64, 129, 3, 5}, {3, 3, 40, 40}}) {
    const Given in = given(shape);
    EXPECT_TRUE(test::ignores_number_of_threads([&] {
      const Result result = by_kernel(in);
      return std::vector{result.y, result.mean, result.var, result.dx, result.dscale, result.dshift};
    }));
  }
}

TEST(BatchNormLeakyRelu, ComputesOnlyRequiredGradients) {
  const Given in = given({4, 3, 5, 8});
  const Result expected = by_kernel(in);
  for (const int asked : {1, 2, 3, 4, 5, 6, 7}) {
    const at::Tensor x = leaf(in.x, asked & 1);
    const BatchNormLeakyRelu kernel = kernel_of(in, asked & 2, asked & 4);
    kernel(x).backward(in.dy);
    const auto expect = [](const at::Tensor& gradient, bool asked, const at::Tensor& expected) {
      EXPECT_EQ(gradient.defined(), asked);
      EXPECT_TRUE(!asked || at::equal(gradient, expected));
    };
    expect(x.grad(), asked & 1, expected.dx);
    expect(kernel.scale.grad(), asked & 2, expected.dscale);
    expect(kernel.shift.grad(), asked & 4, expected.dshift);
  }
}

TEST(BatchNormLeakyRelu, KeepsNoGraphWithoutAGradient) {
  const Given in = given({4, 3, 5, 8});
  const BatchNormLeakyRelu kernel{
      .scale = leaf(in.scale), .shift = leaf(in.shift), .running_mean = in.mean, .running_var = in.var};
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(kernel(leaf(in.x)).requires_grad());
}

}  // namespace
}  // namespace gan
