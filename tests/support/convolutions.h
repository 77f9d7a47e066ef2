#pragma once

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <ostream>

#include "support/tensors.h"

/// Convolutions of random numbers, by a kernel and by LibTorch in float64.
namespace gan::test {

enum class Direction { down, up };  // a convolution, or its transpose

struct Size {
  int64_t batch, in, out, height, width, kernel, stride, padding;

  /// Sides of the result, downwards and upwards.
  int64_t down(int64_t side) const { return (side + 2 * padding - kernel) / stride + 1; }
  int64_t up(int64_t side) const { return (side - 1) * stride - 2 * padding + kernel; }
  bool fits(Direction direction) const {
    const int64_t side = std::min(height, width);
    return direction == Direction::down ? side + 2 * padding >= kernel : up(side) > 0;
  }
};

inline std::ostream& operator<<(std::ostream& out, const Size& s) {
  return out << s.batch << "x" << s.in << "x" << s.height << "x" << s.width << " -> " << s.out << ", kernel "
             << s.kernel << ", stride " << s.stride << ", padding " << s.padding;
}

struct Result {
  at::Tensor y, dx, dweight;
};

/// The input, with the gradient of the output.
struct Given {
  Direction direction;
  Size size;
  at::Tensor x, weight, dy;
};

inline Given given(Direction direction, const Size& s) {
  at::manual_seed(11);
  const bool down = direction == Direction::down;
  const auto grown = [&](int64_t side) { return down ? s.down(side) : s.up(side); };
  return {direction, s, at::randn({s.batch, s.in, s.height, s.width}),
          down ? at::randn({s.out, s.in, s.kernel, s.kernel}) : at::randn({s.in, s.out, s.kernel, s.kernel}),
          at::randn({s.batch, s.out, grown(s.height), grown(s.width)})};
}

/// By a kernel of x, weight, stride and padding.
template <class Kernel>
Result by_kernel(const Kernel& kernel, const Given& in, bool for_x = true, bool for_weight = true) {
  const at::Tensor x = in.x.detach().set_requires_grad(for_x),
                   weight = in.weight.detach().set_requires_grad(for_weight);
  const at::Tensor y = kernel(x, weight, in.size.stride, in.size.padding);
  y.backward(in.dy);
  return {y, x.grad(), weight.grad()};
}

/// By LibTorch, in float64.
inline Result by_layer(const Given& in) {
  const at::Tensor x = leaf(in.x.to(at::kDouble)), weight = leaf(in.weight.to(at::kDouble));
  const at::Tensor y = in.direction == Direction::down
                           ? at::conv2d(x, weight, {}, in.size.stride, in.size.padding)
                           : at::conv_transpose2d(x, weight, {}, in.size.stride, in.size.padding);
  y.backward(in.dy.to(at::kDouble));
  return {y, x.grad(), weight.grad()};
}

inline void expect_same(const Result& actual, const Result& expected, double tolerance) {
  EXPECT_LE(distance(actual.y, expected.y), tolerance);
  EXPECT_LE(distance(actual.dx, expected.dx), tolerance);
  EXPECT_LE(distance(actual.dweight, expected.dweight), tolerance);
}

inline void expect_bits(const Result& actual, const Result& expected) {
  EXPECT_TRUE(at::equal(actual.y, expected.y));
  EXPECT_TRUE(at::equal(actual.dx, expected.dx));
  EXPECT_TRUE(at::equal(actual.dweight, expected.dweight));
}

/// Gradients by `weight` and `dy` of a penalty: the gradient by x, weighted by `v`.
struct SecondResult {
  at::Tensor dweight, ddy;
};

template <class Conv>
SecondResult second(const Conv& conv, const Given& in, const at::Tensor& v, at::ScalarType type) {
  const at::Tensor x = in.x.detach().to(type).requires_grad_(), dy = in.dy.detach().to(type).requires_grad_(),
                   weight = in.weight.detach().to(type).requires_grad_();
  const at::Tensor y = conv(x, weight);
  const at::Tensor gradient = torch::autograd::grad({y}, {x}, {dy}, true, /*create_graph=*/true)[0];
  (gradient * v.to(type)).sum().backward();
  return {weight.grad(), dy.grad()};
}

}  // namespace gan::test
