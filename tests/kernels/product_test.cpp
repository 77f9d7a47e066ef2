#include "gan/kernels/product.h"

#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

using test::distance;

constexpr double kRounding = 5e-6;      // of float, as a `distance`
constexpr double kBfloat16 = 1. / 256;  // half the gap between two numbers

struct Size {
  int64_t m, k, n;
};
constexpr Size kSizes[] = {{1, 1, 1},     {5, 1, 7},     {1, 9, 1},     {3, 4, 5},     {64, 100, 128}, {130, 33, 257},
                           {257, 5, 127}, {16, 300, 48}, {300, 16, 16}, {2, 130, 300}, {600, 1, 200}};

/// The same numbers as a transposed view.
at::Tensor transposed(const at::Tensor& matrix) {
  return matrix.t().contiguous().t();
}

void expect_product(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  SCOPED_TRACE(testing::Message() << a.sizes() << " * " << b.sizes() << ", strides " << a.strides() << " and "
                                  << b.strides());
  const at::Tensor c = product(a, b);
  EXPECT_EQ(c.scalar_type(), a.scalar_type());
  EXPECT_TRUE(c.is_contiguous());  // the convolutions view it as maps
  EXPECT_LE(distance(c, at::mm(a.to(at::kDouble), b.to(at::kDouble))), tolerance);
}

TEST(Product, MatchesTheDefinitionInAnyMemoryLayout) {
  at::manual_seed(5);
  for (const Size& size : kSizes) {
    const at::Tensor a = at::randn({size.m, size.k}), b = at::randn({size.k, size.n});
    for (const at::Tensor& left : {a, transposed(a)}) {
      for (const at::Tensor& right : {b, transposed(b)}) expect_product(left, right, kRounding);
    }
  }
}

TEST(Product, InBfloat16IsRoundedOnce) {
  at::manual_seed(5);
  for (const Size& size : kSizes) {
    const at::Tensor a = at::randn({size.m, size.k}).to(at::kBFloat16),
                     b = at::randn({size.k, size.n}).to(at::kBFloat16);
    for (const at::Tensor& left : {a, transposed(a)}) {
      for (const at::Tensor& right : {b, transposed(b)}) expect_product(left, right, kBfloat16);
    }
  }
}

TEST(Product, AcceptsPartsOfLargerMatrices) {
  at::manual_seed(5);
  const at::Tensor a = at::randn({40, 60}), b = at::randn({60, 400});
  expect_product(a.slice(1, 7, 27), b.slice(0, 7, 27).slice(1, 3, 203), kRounding);
  expect_product(a.slice(0, 7, 27).t(), b.slice(0, 7, 27).slice(1, 3, 203), kRounding);
  expect_product(a.slice(1, 7, 27), b.slice(0, 0, 40, 2).slice(1, 0, 400, 2), kRounding);
}

TEST(Product, AcceptsAnExpandedNumber) {
  at::manual_seed(5);
  const at::Tensor one = at::full({1, 1}, 0.5), a = at::randn({30, 20}), b = at::randn({20, 200});
  expect_product(one.expand({30, 20}), b, kRounding);
  expect_product(a, one.expand({20, 200}), kRounding);
}

TEST(Product, LeavesItsInputsUnchanged) {
  const at::Tensor a = at::randn({30, 20}), b = at::randn({20, 200}), a_before = a.clone(), b_before = b.clone();
  product(a, b);
  EXPECT_TRUE(at::equal(a, a_before));
  EXPECT_TRUE(at::equal(b, b_before));
}

TEST(Linear, MatchesTheLayer) {
  at::manual_seed(7);
  const at::Tensor x = test::leaf(at::randn({5, 7})), weight = test::leaf(at::randn({3, 7})),
                   bias = test::leaf(at::randn({3})), dy = at::randn({5, 3});
  const at::Tensor y = linear(x, weight, bias);
  y.backward(dy);
  EXPECT_LE(test::distance(y, at::matmul(x.detach(), weight.detach().t()) + bias.detach()), 1e-6);
  EXPECT_LE(test::distance(x.grad(), at::matmul(dy, weight.detach())), 1e-6);
  EXPECT_LE(test::distance(weight.grad(), at::matmul(dy.t(), x.detach())), 1e-6);
  EXPECT_LE(test::distance(bias.grad(), dy.sum(0)), 1e-6);
}

}  // namespace
}  // namespace gan
