#include "gan/losses/penalties.h"

#include "gan/base/random.h"
#include "gan/models/make_model.h"
#include "support/tensors.h"
#include "support/test.h"

namespace gan {
namespace {

at::Tensor images(int64_t count, int64_t side) {
  return (at::rand({count, 1, side, side}) * 2 - 1).requires_grad_();
}

TEST(Penalties, OfALinearDFollowFromItsWeights) {
  const at::Tensor x = images(5, 3), w = at::arange(9, at::kFloat).view({9, 1}).requires_grad_();
  const at::Tensor squared = squared_gradients(x.flatten(1).matmul(w), x);
  EXPECT_TRUE(at::allclose(squared, at::full({5}, 204.0)));  // 0 + 1 + 4 + ... + 64
  EXPECT_NEAR(zero_centred_penalty(squared).item<double>(), 102, 1e-3);
  EXPECT_NEAR(one_centred_penalty(squared).item<double>(), std::pow(std::sqrt(204.0) - 1, 2), 1e-3);
  zero_centred_penalty(squared).backward();
  EXPECT_TRUE(at::allclose(w.grad(), w));  // of 1/2 |w|^2
}

TEST(Penalties, HaveFiniteGradientsWhereDIsFlat) {
  const at::Tensor x = images(2, 2), w = at::zeros({4, 1}).requires_grad_();
  one_centred_penalty(squared_gradients(x.flatten(1).matmul(w), x)).backward();
  EXPECT_TRUE(at::isfinite(w.grad()).all().item<bool>());
}

class PenaltiesOf : public testing::TestWithParam<Arch> {};

/// In double, finite differences can be small enough to miss kinks, and LibTorch's own layers run instead of our
/// kernels.
void make_double(const Network& network) {
  for (const auto& [name, value] : state_dict(network).items) {
    at::Tensor tensor = std::get<at::Tensor>(value);
    if (tensor.is_floating_point()) tensor.set_data(tensor.detach().to(at::kDouble));
  }
}

Network discriminator(NetworkOptions options) {
  seed_default_generators(3);
  options.base_channels = 2;
  options.init = Init::xavier;
  Budget budget = Budget::of_run();
  return make_model({.network = options, .latent = {.size = 4}}, {{1, 28, 28}}, budget)->part("discriminator").network;
}

at::Tensor penalty_of(const Network& d, const at::Tensor& x) {
  return zero_centred_penalty(squared_gradients(forward(d, x, Differentiable::twice), x));
}

TEST_P(PenaltiesOf, GradientsMatchFiniteDifferences) {
  const Network d = discriminator({.arch = GetParam()});
  make_double(d);
  const at::Tensor x = images(4, 28).detach().to(at::kDouble).requires_grad_();
  const at::Tensor weight = parameters(d).front();
  penalty_of(d, x).backward();
  const double expected = weight.grad().norm().item<double>();
  const at::Tensor direction = weight.grad() / expected;
  const double step = 1e-7 * weight.norm().item<double>();
  const auto at_offset = [&](double offset) {
    weight.data().add_(direction, offset);
    const double value = penalty_of(d, x).item<double>();
    weight.data().sub_(direction, offset);
    return value;
  };
  const double measured = (at_offset(step) - at_offset(-step)) / (2 * step);
  EXPECT_NEAR(measured, expected, 1e-3 * expected);
}

void expect_gradients_of_float64(const NetworkOptions& options) {
  const Network d = discriminator(options), exact = discriminator(options);
  make_double(exact);
  const at::Tensor x = images(4, 28);
  penalty_of(d, x).backward();
  penalty_of(exact, x.detach().to(at::kDouble).requires_grad_()).backward();
  const auto names = named_parameters(d);
  for (size_t i = 0; i < names.size(); ++i) {
    SCOPED_TRACE(names[i].first);
    const at::Tensor actual = parameters(d)[i].grad(), expected = parameters(exact)[i].grad();
    if (!expected.defined() || expected.abs().max().item<double>() == 0) {
      EXPECT_TRUE(!actual.defined() || actual.abs().max().item<double>() == 0);
    } else {
      EXPECT_LE(test::distance(actual, expected), 1e-4);
    }
  }
}

TEST_P(PenaltiesOf, KernelsMatchFloat64) {
  expect_gradients_of_float64({.arch = GetParam()});
}

TEST(PenaltiesOfDcgan, KernelsMatchFloat64WithEachNorm) {
  for (const Norm norm : {Norm::batch, Norm::none, Norm::spectral}) {
    for (const bool minibatch_std : {false, true}) {
      SCOPED_TRACE(to_text(norm) + (minibatch_std ? ", minibatch standard deviation" : ""));
      expect_gradients_of_float64({.d_norm = norm, .minibatch_std = minibatch_std});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Penalties, PenaltiesOf, testing::Values(Arch::dcgan, Arch::upconv, Arch::mlp),
                         [](const auto& arch) { return to_text(arch.param); });

TEST(Between, LiesOnTheLineFromEachImageToItsSample) {
  const at::Tensor real = at::zeros({50, 1, 2, 2}), fake = at::ones({50, 1, 2, 2});
  const at::Tensor points = between(real, fake);
  EXPECT_TRUE(points.requires_grad());
  const at::Tensor of_each = points.detach().flatten(1);
  EXPECT_TRUE(at::equal(of_each.amin(1), of_each.amax(1)));
  EXPECT_GT(of_each.std().item<double>(), 0.2);
  EXPECT_GE(of_each.min().item<double>(), 0);
  EXPECT_LE(of_each.max().item<double>(), 1);
}

TEST(Between, TakesLatentsToo) {
  EXPECT_EQ(between(at::zeros({5, 3}), at::ones({5, 3})).sizes(), (std::vector<int64_t>{5, 3}));
}

}  // namespace
}  // namespace gan
