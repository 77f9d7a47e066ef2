#include "gan/kernels/winograd.h"

#include "gan/device/instructions.h"
#include "support/convolutions.h"
#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Direction;
using test::distance;
using test::expect_bits;
using test::expect_same;
using test::given;
using test::Given;
using test::Result;
using test::Size;

constexpr double kRounding = 1e-4;  // of float, as a `distance`: 6e-5 was seen, and 3e-6 by LibTorch

Result by_winograd(const Given& in, bool for_x = true, bool for_weight = true) {
  return test::by_kernel(in.direction == Direction::down ? winograd_conv : winograd_conv_transpose, in, for_x,
                         for_weight);
}

class WinogradConv : public testing::TestWithParam<Direction> {
 protected:
  static bool suits(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
    return (GetParam() == Direction::down ? suits_winograd : suits_winograd_transpose)(x, weight, stride, padding);
  }
};

// Tiles of 4 and of 7 outputs, whole ones and cut ones, with pixels beyond every edge.
TEST_P(WinogradConv, MatchesTheLayerForEachSideStrideAndPadding) {
  int tried = 0;
  for (const auto& [kernel, stride] : {std::pair{3, 1}, {4, 1}, {5, 1}, {4, 2}}) {
    for (const int64_t padding : {0, 1, 2, 3}) {
      for (const auto& [height, width] : {std::pair{1, 1}, {4, 4}, {7, 7}, {14, 14}, {28, 14}, {9, 16}, {5, 8}}) {
        const Size size{3, 16, 32, height, width, kernel, stride, padding};
        if (!size.fits(GetParam())) continue;
        SCOPED_TRACE(testing::Message() << size);
        const Given in = given(GetParam(), size);
        expect_same(by_winograd(in), test::by_layer(in), kRounding);
        ++tried;
      }
    }
  }
  EXPECT_EQ(tried, 104);
}

TEST_P(WinogradConv, MatchesTheLayerForEachNumberOfChannelsAndImages) {
  for (const int64_t batch : {1, 5, 8}) {
    for (const int64_t in_channels : {16, 48}) {
      for (const int64_t out_channels : {16, 80}) {
        for (const Size& size :
             {Size{batch, in_channels, out_channels, 4, 4, 4, 1, GetParam() == Direction::up ? 0 : 2},
              Size{batch, in_channels, out_channels, 7, 7, 4, 2, 1}}) {
          SCOPED_TRACE(testing::Message() << size);
          const Given in = given(GetParam(), size);
          expect_same(by_winograd(in), test::by_layer(in), kRounding);
        }
      }
    }
  }
}

TEST_P(WinogradConv, AcceptsAnyMemoryLayout) {
  const Given in = given(GetParam(), {3, 16, 32, 8, 6, 4, 2, 1});
  const Result expected = by_winograd(in);
  constexpr std::array kFormats{at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast};
  for (const auto of_x : kFormats) {
    for (const auto of_weight : kFormats) {
      for (const auto of_dy : kFormats) {
        Given other = in;
        other.x = in.x.contiguous(of_x);
        other.weight = in.weight.contiguous(of_weight);
        other.dy = in.dy.contiguous(of_dy);
        expect_bits(by_winograd(other), expected);
      }
    }
  }
  Given other = in;
  other.dy = at::full({1, 1, 1, 1}, 0.5).expand(in.dy.sizes());  // like the gradient of a sum
  expect_same(by_winograd(other), test::by_layer(other), kRounding);
}

TEST_P(WinogradConv, ComputesOnlyRequiredGradients) {
  const Given in = given(GetParam(), {3, 16, 32, 8, 6, 4, 2, 1});
  const Result both = by_winograd(in), for_x = by_winograd(in, true, false), for_weight = by_winograd(in, false, true);
  EXPECT_TRUE(at::equal(for_x.dx, both.dx));
  EXPECT_FALSE(for_x.dweight.defined());
  EXPECT_FALSE(for_weight.dx.defined());
  EXPECT_TRUE(at::equal(for_weight.dweight, both.dweight));
  EXPECT_TRUE(both.y.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_P(WinogradConv, HasTheSameBitsForAnyNumberOfThreads) {
  for (const Size& size : {Size{13, 16, 48, 14, 14, 4, 2, 1}, Size{13, 32, 16, 7, 7, 4, 2, 2}}) {
    const Given in = given(GetParam(), size);
    EXPECT_TRUE(test::ignores_number_of_threads([&] {
      const Result result = by_winograd(in);
      return std::vector{result.y, result.dx, result.dweight};
    }));
  }
}

TEST_P(WinogradConv, RefusesWhatItHasNoKernelFor) {
  for (const Size& size : {Size{3, 16, 32, 8, 8, 3, 2, 1}, Size{3, 16, 32, 9, 9, 4, 3, 1},
                           Size{3, 24, 32, 8, 8, 4, 2, 1}, Size{3, 16, 8, 8, 8, 4, 2, 1}}) {
    SCOPED_TRACE(testing::Message() << size);
    const Given in = given(GetParam(), size);
    EXPECT_FALSE(suits(in.x, in.weight, size.stride, size.padding));
    EXPECT_THROW(by_winograd(in), c10::Error);
  }
  const Given in = given(GetParam(), {3, 16, 32, 8, 8, 4, 2, 1});
  const bool pays = instructions() != Instructions::any;  // else oneDNN is quicker
  EXPECT_EQ(suits(in.x, in.weight, 2, 1), pays);
  EXPECT_EQ(suits(in.x.to(at::kBFloat16), in.weight, 2, 1), pays);  // for x.to(at::kFloat)
  EXPECT_FALSE(suits(in.x, in.weight.to(at::kBFloat16), 2, 1));
  EXPECT_FALSE(suits(in.x[0], in.weight, 2, 1));                   // no batch
  EXPECT_FALSE(suits(in.x.slice(0, 0, 0), in.weight, 2, 1));       // no image
  EXPECT_FALSE(suits(at::zeros({3, 48, 8, 8}), in.weight, 2, 1));  // other channels
}

TEST_P(WinogradConv, RefusesWhatLeavesNoPixel) {
  const bool down = GetParam() == Direction::down;
  const at::Tensor x = at::zeros({1, 16, down ? 3 : 1, down ? 3 : 1}), weight = at::zeros({16, 16, 4, 4});
  for (const int64_t stride : {1, 2}) {
    const int64_t padding = down ? 0 : 2;
    EXPECT_FALSE(suits(x, weight, stride, padding));
    EXPECT_THROW((down ? winograd_conv : winograd_conv_transpose)(x, weight, stride, padding), c10::Error);
  }
}

INSTANTIATE_TEST_SUITE_P(, WinogradConv, testing::Values(Direction::down, Direction::up),
                         [](const auto& info) { return info.param == Direction::down ? "conv" : "transpose"; });

TEST(WinogradPenalty, DoubleBackwardMatchesTheLayer) {
  for (const int64_t stride : {1, 2}) {
    for (const int64_t padding : {0, 1, 2}) {
      const Given in = given(Direction::down, {3, 16, 32, 14, 9, 4, stride, padding});
      SCOPED_TRACE(testing::Message() << in.size);
      const at::Tensor v = at::randn(in.x.sizes());
      const auto ours = [&](const at::Tensor& x, const at::Tensor& w) { return winograd_conv(x, w, stride, padding); };
      const auto layer = [&](const at::Tensor& x, const at::Tensor& w) {
        return at::conv2d(x, w, {}, stride, padding);
      };
      const auto actual = test::second(ours, in, v, at::kFloat), expected = test::second(layer, in, v, at::kDouble);
      EXPECT_LE(distance(actual.dweight, expected.dweight), kRounding);
      EXPECT_LE(distance(actual.ddy, expected.ddy), kRounding);
    }
  }
}

TEST(WinogradPenalty, DoubleBackwardByTheWeightIsRefused) {
  const Given in = given(Direction::down, {3, 16, 32, 8, 6, 4, 2, 1});
  const at::Tensor weight = test::leaf(in.weight), y = winograd_conv(test::leaf(in.x), weight, 2, 1);
  EXPECT_THROW(torch::autograd::grad({y.sum()}, {weight}, {}, true, /*create_graph=*/true), c10::Error);
}

}  // namespace
}  // namespace gan
