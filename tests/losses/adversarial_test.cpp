#include "gan/losses/adversarial.h"

#include "support/test.h"

namespace gan {
namespace {

// Logits whose sigmoids are 0.75 and 0.25.
const double kLn3 = std::log(3.0);

at::Tensor logits(std::vector<double> values) {
  return at::tensor(values).view({-1, 1});
}

double d_loss(Loss loss, double real, double fake, double label = 1) {
  return discriminator_loss(loss, logits({real}), logits({fake}), label).item<double>();
}
double g_loss(Loss loss, double fake, double real = 0) {
  return generator_loss(loss, logits({fake}), logits({real})).item<double>();
}

TEST(Adversarial, NonsaturatingMatchesItsFormula) {
  EXPECT_NEAR(d_loss(Loss::nonsaturating, kLn3, -kLn3), -2 * std::log(0.75), 1e-12);
  EXPECT_NEAR(g_loss(Loss::nonsaturating, -kLn3), -std::log(0.25), 1e-12);
}

TEST(Adversarial, MinimaxHasTheSameLossOfDAndTheNegativeOfIt) {
  EXPECT_NEAR(d_loss(Loss::minimax, kLn3, -kLn3), -2 * std::log(0.75), 1e-12);
  EXPECT_NEAR(g_loss(Loss::minimax, -kLn3), std::log(0.75), 1e-12);
}

TEST(Adversarial, SmoothingChangesOnlyTheRealLabel) {
  const double real = -0.9 * std::log(0.75) - 0.1 * std::log(0.25), fake = -std::log(0.75);
  EXPECT_NEAR(d_loss(Loss::nonsaturating, kLn3, -kLn3, 0.9), real + fake, 1e-12);
  EXPECT_NEAR(d_loss(Loss::lsgan, 0.5, 0, 0.9), 0.5 * 0.16, 1e-12);
}

TEST(Adversarial, LsganMatchesItsFormula) {
  EXPECT_NEAR(d_loss(Loss::lsgan, 0.5, -1), 0.5 * 0.25 + 0.5 * 1, 1e-12);
  EXPECT_NEAR(g_loss(Loss::lsgan, -1), 0.5 * 4, 1e-12);
}

TEST(Adversarial, HingeMatchesItsFormula) {
  EXPECT_NEAR(d_loss(Loss::hinge, 0.5, -3), 0.5, 1e-12);
  EXPECT_NEAR(d_loss(Loss::hinge, 2, 1), 2, 1e-12);
  EXPECT_NEAR(g_loss(Loss::hinge, -3), 3, 1e-12);
}

TEST(Adversarial, WassersteinIsTheDistanceOfTheMeans) {
  EXPECT_NEAR(d_loss(Loss::wasserstein, 0.5, -3), -3.5, 1e-12);
  EXPECT_NEAR(g_loss(Loss::wasserstein, -3), 3, 1e-12);
}

TEST(Adversarial, SymmetricLossesTakeRealForFakeAndFakeForReal) {
  const auto symmetric = [](Loss loss, double real, double fake) {
    return symmetric_generator_loss(loss, logits({fake}), logits({real})).item<double>();
  };
  EXPECT_NEAR(symmetric(Loss::nonsaturating, kLn3, -kLn3), -2 * std::log(0.25), 1e-12);
  EXPECT_NEAR(symmetric(Loss::minimax, kLn3, -kLn3), 2 * std::log(0.75), 1e-12);
  EXPECT_NEAR(symmetric(Loss::lsgan, 0.5, -1), 0.5 * 4 + 0.5 * 0.25, 1e-12);
  EXPECT_NEAR(symmetric(Loss::hinge, 5, -3), 8, 1e-12);
  EXPECT_NEAR(symmetric(Loss::relativistic, kLn3 + 5, 5), g_loss(Loss::relativistic, 5, kLn3 + 5), 1e-12);
  EXPECT_NEAR(symmetric(Loss::wasserstein, 0.5, -3), 3.5, 1e-12);
}

TEST(Adversarial, RelativisticComparesEachImageWithItsSample) {
  EXPECT_NEAR(d_loss(Loss::relativistic, kLn3 + 5, 5), -std::log(0.75), 1e-6);
  EXPECT_NEAR(g_loss(Loss::relativistic, 5, kLn3 + 5), -std::log(0.25), 1e-6);
  const double pairs =
      discriminator_loss(Loss::relativistic, logits({0, 9}), logits({kLn3, 9 - kLn3}), 1).item<double>();
  EXPECT_NEAR(pairs, -(std::log(0.25) + std::log(0.75)) / 2, 1e-6);
}

TEST(Adversarial, HingeAndRelativisticHaveNoLabelToSmooth) {
  for (const Loss loss : {Loss::hinge, Loss::relativistic}) {
    EXPECT_EQ(d_loss(loss, 0.5, -0.5, 0.9), d_loss(loss, 0.5, -0.5));
  }
}

TEST(Adversarial, AveragesOverTheBatch) {
  const double both = discriminator_loss(Loss::lsgan, logits({1, 0}), logits({0, 2}), 1).item<double>();
  EXPECT_NEAR(both, 0.5 * 0.5 + 0.5 * 2, 1e-12);
}

class EveryLoss : public testing::TestWithParam<Loss> {};

TEST_P(EveryLoss, PullsFakeLogitsUpForGAndLogitsApartForD) {
  const at::Tensor real = logits({0.3, -0.2}).requires_grad_(), fake = logits({0.1, -0.4}).requires_grad_();
  discriminator_loss(GetParam(), real, fake, 1).backward();
  EXPECT_TRUE((real.grad() < 0).all().item<bool>());
  EXPECT_TRUE((fake.grad() > at::zeros_like(fake)).any().item<bool>());
  const at::Tensor own = logits({0.1, -0.4}).requires_grad_();
  generator_loss(GetParam(), own, logits({0.3, -0.2})).backward();
  EXPECT_TRUE((own.grad() < 0).all().item<bool>());
}

TEST_P(EveryLoss, StaysFiniteAtExtremeLogits) {
  for (const double extreme : {-1000.0, 1000.0}) {
    const at::Tensor real = logits({extreme}).requires_grad_(), fake = logits({-extreme}).requires_grad_();
    const at::Tensor loss = discriminator_loss(GetParam(), real, fake, 0.9) + generator_loss(GetParam(), fake, real);
    loss.backward();
    EXPECT_TRUE(at::isfinite(loss).item<bool>());
    EXPECT_TRUE(at::isfinite(real.grad()).all().item<bool>());
    EXPECT_TRUE(at::isfinite(fake.grad()).all().item<bool>());
  }
}

INSTANTIATE_TEST_SUITE_P(, EveryLoss,
                         testing::Values(Loss::nonsaturating, Loss::minimax, Loss::lsgan, Loss::hinge,
                                         Loss::relativistic),
                         [](const auto& info) { return to_text(info.param); });

TEST(Adversarial, ScoreIsAProbabilityOnlyForCrossEntropyLosses) {
  EXPECT_NEAR(mean_score(Loss::nonsaturating, logits({kLn3, -kLn3})).item<double>(), 0.5, 1e-12);
  EXPECT_NEAR(mean_score(Loss::hinge, logits({3, -1})).item<double>(), 1, 1e-12);
}

}  // namespace
}  // namespace gan
