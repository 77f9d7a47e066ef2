#include "gan/kernels/convolution.h"

#include "gan/device/instructions.h"
#include "support/convolutions.h"
#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

using test::by_kernel;
using test::by_layer;
using test::Direction;
using test::distance;
using test::expect_bits;
using test::expect_same;
using test::given;
using test::Given;
using test::leaf;
using test::Result;
using test::second;
using test::SecondResult;
using test::Size;

constexpr double kRounding = 5e-6;  // of float, as a `distance`
constexpr double kBfloat16 = 0.02;  // columns are rounded, and then their sum at each pixel

Result by_product(const Given& in, bool for_x = true, bool for_weight = true) {
  return by_kernel(in.direction == Direction::down ? conv_product : conv_transpose_product, in, for_x, for_weight);
}

class ConvProduct : public testing::TestWithParam<Direction> {
  test::Threads one_{1};
};

TEST_P(ConvProduct, MatchesTheLayerForEachKernelStrideAndPadding) {
  int tried = 0;
  for (const int64_t kernel : {1, 2, 3, 4, 5}) {
    for (const int64_t stride : {1, 2, 3}) {
      for (const int64_t padding : {0, 1, 2}) {
        const Size size{2, 3, 4, 7, 5, kernel, stride, padding};
        if (!size.fits(GetParam())) continue;
        SCOPED_TRACE(testing::Message() << size);
        const Given in = given(GetParam(), size);
        expect_same(by_product(in), by_layer(in), kRounding);
        ++tried;
      }
    }
  }
  EXPECT_EQ(tried, 45);
}

TEST_P(ConvProduct, MatchesTheLayerForEachNumberOfChannels) {
  for (const int64_t batch : {1, 5}) {
    for (const int64_t in_channels : {1, 3, 16, 70}) {
      for (const int64_t out_channels : {1, 3, 16, 70}) {
        const Size size{batch, in_channels, out_channels, 4, 6, 4, 2, 1};
        SCOPED_TRACE(testing::Message() << size);
        const Given in = given(GetParam(), size);
        expect_same(by_product(in), by_layer(in), kRounding);
      }
    }
  }
}

TEST_P(ConvProduct, MatchesTheLayerForTheNarrowestMaps) {
  for (const auto& size : {Size{2, 3, 4, 1, 1, 4, 1, 2}, Size{2, 3, 4, 1, 9, 3, 2, 1}, Size{1, 1, 1, 1, 1, 1, 1, 0},
                           Size{3, 2, 5, 9, 1, 5, 1, 2}, Size{64, 128, 2, 4, 4, 4, 1, 0}}) {
    if (!size.fits(GetParam())) continue;
    SCOPED_TRACE(testing::Message() << size);
    const Given in = given(GetParam(), size);
    expect_same(by_product(in), by_layer(in), kRounding);
  }
}

TEST_P(ConvProduct, AcceptsAnyMemoryLayout) {
  const Given in = given(GetParam(), {3, 6, 5, 8, 6, 4, 2, 1});
  const Result expected = by_layer(in);
  constexpr std::array kFormats{at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast};
  for (const auto of_x : kFormats) {
    for (const auto of_weight : kFormats) {
      for (const auto of_dy : kFormats) {
        Given other = in;
        other.x = in.x.contiguous(of_x);
        other.weight = in.weight.contiguous(of_weight);
        other.dy = in.dy.contiguous(of_dy);
        expect_same(by_product(other), expected, kRounding);
      }
    }
  }
  Given other = in;
  other.x = at::zeros({3, 12, 8, 11}).slice(1, 0, 12, 2).slice(3, 3, 9).copy_(in.x);  // with gaps
  other.weight = in.weight.transpose(2, 3).contiguous().transpose(2, 3);
  expect_same(by_product(other), expected, kRounding);
}

TEST_P(ConvProduct, AcceptsAnExpandedGradient) {
  for (const int64_t channels : {1, 5, 130}) {
    Given in = given(GetParam(), {3, channels, channels, 8, 6, 4, 2, 1});
    in.dy = at::full({1, 1, 1, 1}, 0.5).expand(in.dy.sizes());  // expanded, like the gradient of a sum
    expect_same(by_product(in), by_layer(in), kRounding);
  }
}

TEST_P(ConvProduct, ComputesOnlyRequiredGradients) {
  const Given in = given(GetParam(), {3, 6, 5, 8, 6, 4, 2, 1});
  const Result both = by_product(in), for_x = by_product(in, true, false), for_weight = by_product(in, false, true);
  EXPECT_TRUE(at::equal(for_x.dx, both.dx));
  EXPECT_FALSE(for_x.dweight.defined());
  EXPECT_FALSE(for_weight.dx.defined());
  EXPECT_TRUE(at::equal(for_weight.dweight, both.dweight));
}

TEST_P(ConvProduct, LeavesItsInputsUnchanged) {
  Given in = given(GetParam(), {3, 6, 5, 8, 6, 4, 2, 1});
  for (at::Tensor* tensor : {&in.x, &in.weight, &in.dy}) *tensor = tensor->contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor x = in.x.clone(), weight = in.weight.clone(), dy = in.dy.clone();
  by_product(in);
  EXPECT_TRUE(at::equal(in.x, x));
  EXPECT_TRUE(at::equal(in.weight, weight));
  EXPECT_TRUE(at::equal(in.dy, dy));
}

TEST_P(ConvProduct, ReturnsChannelsLastMaps) {
  EXPECT_TRUE(by_product(given(GetParam(), {3, 6, 5, 8, 6, 4, 2, 1})).y.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_P(ConvProduct, Bfloat16StaysBfloat16) {
  for (const int64_t channels : {1, 16, 70}) {
    for (const int64_t stride : {1, 2}) {
      Given in = given(GetParam(), {3, channels, 3, 8, 6, 4, stride, 1});
      for (at::Tensor* tensor : {&in.x, &in.weight, &in.dy}) *tensor = tensor->to(at::kBFloat16);
      const Result result = by_product(in);
      for (const at::Tensor& tensor : {result.y, result.dx, result.dweight}) {
        EXPECT_EQ(tensor.scalar_type(), at::kBFloat16);
      }
      expect_same(result, by_layer(in), kBfloat16);
    }
  }
}

// Uses whole numbers, whose sums do not depend on the order, and single channels, where each column is one product.
TEST_P(ConvProduct, HasTheSameBitsForAnyNumberOfThreads) {
  Given whole = given(GetParam(), {13, 6, 5, 12, 9, 4, 2, 1}), single = given(GetParam(), {13, 1, 1, 12, 9, 5, 1, 2});
  for (at::Tensor* tensor : {&whole.x, &whole.weight, &whole.dy}) *tensor = (8 * *tensor).round();
  for (const Given& in : {whole, single}) {
    EXPECT_TRUE(test::ignores_number_of_threads([&] {
      const Result result = by_product(in);
      return std::vector{result.y, result.dx};
    }));
  }
  expect_bits(by_product(whole), [&] {
    const Result exact = by_layer(whole);
    return Result{exact.y.to(at::kFloat), exact.dx.to(at::kFloat), exact.dweight.to(at::kFloat)};
  }());
}

// Products of 16 channels go in blocks of rows.
TEST_P(ConvProduct, InBlocksHasTheSameBitsForAnyNumberOfThreads) {
  const bool down = GetParam() == Direction::down;
  const Given in = given(GetParam(), {13, down ? 3 : 16, down ? 16 : 3, 40, 9, 4, 2, 1});
  const bool blocks = instructions() != Instructions::any;  // else a library divides dweight's sums among threads
  EXPECT_TRUE(test::ignores_number_of_threads([&] {
    const Result result = by_product(in);
    return std::vector{result.y, result.dx, blocks ? result.dweight : result.dx};
  }));
  expect_same(by_product(in), by_layer(in), kRounding);
}

TEST_P(ConvProduct, InBlocksAcceptsGapsAndExpandedGradients) {
  const bool down = GetParam() == Direction::down;
  Given in = given(GetParam(), {3, down ? 5 : 16, down ? 16 : 5, 8, 6, 5, 1, 2});
  in.x = at::zeros({3, 2 * in.x.size(1), 8, 11}).slice(1, 0, 2 * in.x.size(1), 2).slice(3, 3, 9).copy_(in.x);
  in.dy = at::full({1, 1, 1, 1}, 0.5).expand(in.dy.sizes());
  expect_same(by_product(in), by_layer(in), kRounding);
  const Result for_x = by_product(in, true, false), for_weight = by_product(in, false, true), both = by_product(in);
  EXPECT_TRUE(at::equal(for_x.dx, both.dx));
  EXPECT_TRUE(at::equal(for_weight.dweight, both.dweight));
}

TEST_P(ConvProduct, RefusesWhatLeavesNoPixel) {
  const bool down = GetParam() == Direction::down;
  const at::Tensor x = at::zeros({1, 16, down ? 3 : 1, down ? 3 : 1}), weight = at::zeros({16, 16, 4, 4});
  for (const int64_t stride : {1, 2}) {
    EXPECT_THROW((down ? conv_product : conv_transpose_product)(x, weight, stride, down ? 0 : 2), c10::Error);
  }
}

INSTANTIATE_TEST_SUITE_P(, ConvProduct, testing::Values(Direction::down, Direction::up),
                         [](const auto& info) { return info.param == Direction::down ? "conv" : "transpose"; });

TEST(ConvProductBorders, PixelsThatNoColumnSeesHaveAZeroGradient) {
  // (7 + 2 * 0 - 3) % 3 = 1 row and (8 - 3) % 3 = 2 columns are left over, below and on the right.
  const Given in = given(Direction::down, {2, 3, 4, 7, 8, 3, 3, 0});
  const at::Tensor dx = by_product(in).dx;
  EXPECT_EQ(dx.slice(2, 6).abs().max().item<float>(), 0);
  EXPECT_EQ(dx.slice(3, 6).abs().max().item<float>(), 0);
  EXPECT_GT(dx.slice(2, 0, 6).slice(3, 0, 6).abs().min().item<float>(), 0);
  expect_same(by_product(in), by_layer(in), kRounding);
}

TEST(ConvProductBorders, PixelsThatNoColumnReachesAreZero) {
  // Kernel 2 with stride 3: no column reaches every third row and column of the images.
  const at::Tensor y = by_product(given(Direction::up, {2, 3, 4, 3, 4, 2, 3, 0})).y;
  EXPECT_EQ(y.select(2, 2).abs().max().item<float>(), 0);
  EXPECT_EQ(y.select(3, 5).abs().max().item<float>(), 0);
  EXPECT_GT(y.select(2, 3).select(2, 4).abs().min().item<float>(), 0);
}

TEST(ConvProductPenalty, DoubleBackwardMatchesTheLayerForEachKernelStrideAndPadding) {
  const test::Threads one(1);
  for (const int64_t kernel : {1, 2, 3, 4, 5}) {
    for (const int64_t stride : {1, 2, 3}) {
      for (const int64_t padding : {0, 1, 2}) {
        const Given in = given(Direction::down, {2, 3, 4, 7, 5, kernel, stride, padding});
        SCOPED_TRACE(testing::Message() << in.size);
        const at::Tensor v = at::randn(in.x.sizes());
        const SecondResult actual =
                               second([&](const auto&x, const auto&w) { return conv_product(x, w, stride, padding); },
                                      in, v, at::kFloat),
                           expected =
                               second([&](const auto&x, const auto&w) { return at::conv2d(x, w, {}, stride, padding); },
                                      in, v, at::kDouble);
        EXPECT_LE(distance(actual.dweight, expected.dweight), kRounding);
        EXPECT_LE(distance(actual.ddy, expected.ddy), kRounding);
      }
    }
  }
}

TEST(ConvProductPenalty, DoubleBackwardInBfloat16StaysBfloat16) {
  Given in = given(Direction::down, {3, 1, 16, 8, 6, 4, 2, 1});
  for (at::Tensor* tensor : {&in.x, &in.weight, &in.dy}) *tensor = tensor->to(at::kBFloat16);
  const at::Tensor v = at::randn(in.x.sizes()).to(at::kBFloat16);
  const SecondResult actual = second([](const auto&x, const auto&w) { return conv_product(x, w, 2, 1); }, in, v,
                                     at::kBFloat16),
                     expected = second([](const auto&x, const auto&w) { return at::conv2d(x, w, {}, 2, 1); }, in, v,
                                       at::kDouble);
  EXPECT_EQ(actual.dweight.scalar_type(), at::kBFloat16);
  EXPECT_LE(distance(actual.dweight, expected.dweight), kBfloat16);
  EXPECT_LE(distance(actual.ddy, expected.ddy), kBfloat16);
}

TEST(ConvProductPenalty, DoubleBackwardByTheWeightIsRefused) {
  const Given in = given(Direction::down, {3, 6, 5, 8, 6, 4, 2, 1});
  const at::Tensor weight = leaf(in.weight), y = conv_product(leaf(in.x), weight, 2, 1);
  EXPECT_THROW(torch::autograd::grad({y.sum()}, {weight}, {}, true, /*create_graph=*/true), c10::Error);
}

/// By the kernel, or by upsampling and the layer in float64.
Result of_upsampled(const Given& in, bool by_kernel) {
  const auto type = by_kernel ? in.x.scalar_type() : at::kDouble;
  const at::Tensor x = in.x.detach().to(type).requires_grad_(), weight = in.weight.detach().to(type).requires_grad_();
  const int64_t padding = (in.size.kernel - 1) / 2;
  const at::Tensor y = by_kernel
                           ? conv_of_upsampled(x, weight)
                           : at::conv2d(x.repeat_interleave(2, 2).repeat_interleave(2, 3), weight, {}, 1, padding);
  y.backward(in.dy.to(type));
  return {y, x.grad(), weight.grad()};
}

Given to_upsample(int64_t batch, int64_t in, int64_t out, int64_t height, int64_t width, int64_t kernel) {
  at::manual_seed(11);
  return {Direction::down, Size{batch, in, out, height, width, kernel, 1, (kernel - 1) / 2},
          at::randn({batch, in, height, width}), at::randn({out, in, kernel, kernel}),
          at::randn({batch, out, 2 * height, 2 * width})};
}

TEST(ConvOfUpsampled, MatchesUpsamplingAndTheLayer) {
  const test::Threads one(1);
  for (const int64_t kernel : {1, 3, 5, 7}) {
    for (const auto& [in_channels, out_channels] : {std::pair{1, 1}, {3, 4}, {16, 3}, {70, 16}}) {
      for (const int64_t width : {1, 2, 5}) {
        const Given in = to_upsample(2, in_channels, out_channels, 4, width, kernel);
        SCOPED_TRACE(testing::Message() << in.size);
        expect_same(of_upsampled(in, true), of_upsampled(in, false), kRounding);
      }
    }
  }
}

TEST(ConvOfUpsampled, Bfloat16StaysBfloat16) {
  Given in = to_upsample(3, 16, 3, 6, 4, 5);
  for (at::Tensor* tensor : {&in.x, &in.weight, &in.dy}) *tensor = tensor->to(at::kBFloat16);
  const Result result = of_upsampled(in, true);
  EXPECT_EQ(result.y.scalar_type(), at::kBFloat16);
  expect_same(result, of_upsampled(in, false), kBfloat16);
}

}  // namespace
}  // namespace gan
