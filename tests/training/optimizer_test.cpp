#include "gan/training/optimizer.h"

#include "support/models.h"
#include "support/test.h"

namespace gan {
namespace {

constexpr double kRate = 0.1;

Network network() {
  return test::new_generator({.network = {.base_channels = 1}, .latent = {.size = 2}});
}

/// Sets every gradient to `gradient`, takes a step, and gives how far the first parameter has moved.
double move(const Network& network, Optimizer& optimizer, double gradient) {
  const double before = parameters(network)[0].flatten()[0].item<double>();
  for (auto& parameter : parameters(network)) parameter.mutable_grad() = at::full_like(parameter.detach(), gradient);
  optimizer.step();
  return parameters(network)[0].flatten()[0].item<double>() - before;
}

const OptimizerOptions kEpsilonHat{
    .kind = OptimizerKind::adam, .learning_rate = kRate, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 2, .epsilon_hat = true};

TEST(Optimizer, AdamFollowsItsFormula) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net),
                      {.kind = OptimizerKind::adam, .learning_rate = kRate, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 0});
  EXPECT_NEAR(move(net, optimizer, 3), -kRate, 1e-6);  // m' = 3, v' = 9
  const double m = (0.5 * (0.5 * 3) + 0.5 * 1) / (1 - 0.25), v = (0.9 * (0.1 * 9) + 0.1 * 1) / (1 - 0.81);
  EXPECT_NEAR(move(net, optimizer, 1), -kRate * m / std::sqrt(v), 1e-6);
}

TEST(Optimizer, AdamWithEpsilonHatAddsItBeforeTheCorrection) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net), kEpsilonHat);
  EXPECT_NEAR(move(net, optimizer, 3), -kRate * std::sqrt(1 - 0.9) / 0.5 * 1.5 / (std::sqrt(0.1 * 9) + 2), 1e-7);
  const double m = 0.5 * (0.5 * 3) + 0.5 * 1, v = 0.9 * (0.1 * 9) + 0.1 * 1;
  EXPECT_NEAR(move(net, optimizer, 1), -kRate * std::sqrt(1 - 0.81) / (1 - 0.25) * m / (std::sqrt(v) + 2), 1e-7);
}

TEST(Optimizer, AdamWithEpsilonHatCountsTheStepsOfEachParameter) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net), kEpsilonHat);
  parameters(net)[1].mutable_grad() = at::ones_like(parameters(net)[1].detach());
  optimizer.step();  // the first parameter has no gradient yet
  EXPECT_NEAR(move(net, optimizer, 3), -kRate * std::sqrt(1 - 0.9) / 0.5 * 1.5 / (std::sqrt(0.1 * 9) + 2), 1e-7);
}

TEST(LearningRate, FallsAsTheRootOfTheStepOnceItsTimeHasCome) {
  OptimizerOptions options{.learning_rate = 0.6};
  EXPECT_EQ(learning_rate_at(options, 1), 0.6);
  EXPECT_EQ(learning_rate_at(options, 1'000'000'000), 0.6);
  options.decay_after = 100;
  EXPECT_EQ(learning_rate_at(options, 1), 0.6);
  EXPECT_EQ(learning_rate_at(options, 100), 0.6);
  EXPECT_NEAR(learning_rate_at(options, 101), 0.6 / std::sqrt(1.01), 1e-12);
  EXPECT_NEAR(learning_rate_at(options, 900), 0.2, 1e-12);
}

TEST(Optimizer, EveryKindMovesByTheRateOfTheStep) {
  for (OptimizerOptions options : {OptimizerOptions{.kind = OptimizerKind::adam},
                                   {.kind = OptimizerKind::adam, .epsilon_hat = true},
                                   {.kind = OptimizerKind::sgd},
                                   {.kind = OptimizerKind::rmsprop}}) {
    options.learning_rate = kRate, options.decay_after = 4;
    const Network net = network(), other = network();
    Optimizer optimizer(named_parameters(net), options), late(named_parameters(other), options);
    late.set_step(16);
    EXPECT_NEAR(move(other, late, 3), move(net, optimizer, 3) / 2, 1e-6) << to_text(options.kind);
  }
}

TEST(Optimizer, HistoricalAveragingPullsTowardsTheMeanOfAllWeightsSoFar) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net),
                      {.kind = OptimizerKind::sgd, .learning_rate = kRate, .historical_averaging = 0.5});
  const auto weight = [&] { return parameters(net)[0].flatten()[0].item<double>(); };
  const double first = weight();
  EXPECT_NEAR(move(net, optimizer, 3), -kRate * 3, 1e-6);  // the mean is the weight itself
  const double second = weight(), mean = (first + second) / 2;
  EXPECT_NEAR(move(net, optimizer, 1), -kRate * (1 + 2 * 0.5 * (second - mean)), 1e-6);
}

TEST(Optimizer, HistoricalAveragingPullsParametersThatTheLossLeavesAlone) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net),
                      {.kind = OptimizerKind::sgd, .learning_rate = kRate, .historical_averaging = 0.5});
  const auto weight = [&] { return parameters(net)[0].flatten()[0].item<double>(); };
  const double first = weight();
  move(net, optimizer, 3);
  const double second = weight(), pull = second - (first + second) / 2;
  optimizer.zero_grad();
  optimizer.step();
  EXPECT_NEAR(weight(), second - kRate * 2 * 0.5 * pull, 1e-6);
}

TEST(Optimizer, ClippedWeightsStayWithinTheirBound) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net), {.kind = OptimizerKind::sgd, .learning_rate = 1, .weight_clip = 0.01});
  move(net, optimizer, 1);
  for (const auto& parameter : parameters(net)) EXPECT_LE(parameter.abs().max().item<double>(), 0.01 + 1e-7);
  EXPECT_TRUE(parameters(net)[0].eq(-0.01F).all().item<bool>());  // all were below 0.99
}

TEST(Optimizer, GoesOnWithTheSameHistoryAfterALoad) {
  const OptimizerOptions options{.kind = OptimizerKind::adam, .learning_rate = kRate, .historical_averaging = 0.5};
  const Network net = network();
  Optimizer first(named_parameters(net), options);
  for (const double gradient : {1, 2, 3}) move(net, first, gradient);
  const Network copy = network();
  load_state_dict(copy, state_dict(net));
  Optimizer second(named_parameters(copy), options);
  second.load(first.state());
  EXPECT_EQ(move(net, first, 1), move(copy, second, 1));
  EXPECT_TRUE(at::equal(parameters(net)[1], parameters(copy)[1]));
  Dict damaged = first.state();
  damaged.items.back().second = at::zeros({2});
  EXPECT_THAT(test::error_of([&] { second.load(damaged); }), testing::HasSubstr("history_steps"));
}

TEST(Optimizer, SgdWithNesterovFollowsItsFormula) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net),
                      {.kind = OptimizerKind::sgd, .learning_rate = kRate, .momentum = 0.9, .nesterov = true});
  EXPECT_NEAR(move(net, optimizer, 1), -kRate * (1 + 0.9 * 1), 1e-6);
  EXPECT_NEAR(move(net, optimizer, 2), -kRate * (2 + 0.9 * (0.9 * 1 + 2)), 1e-6);
}

TEST(Optimizer, SgdWithMomentumFollowsItsFormula) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net), {.kind = OptimizerKind::sgd, .learning_rate = kRate, .momentum = 0.5});
  EXPECT_NEAR(move(net, optimizer, 1), -kRate * 1, 1e-6);
  EXPECT_NEAR(move(net, optimizer, 1), -kRate * 1.5, 1e-6);
}

TEST(Optimizer, RmspropFollowsItsFormula) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net),
                      {.kind = OptimizerKind::rmsprop, .learning_rate = kRate, .epsilon = 0, .rms_decay = 0.75});
  EXPECT_NEAR(move(net, optimizer, 2), -kRate * 2 / std::sqrt(0.25 * 4), 1e-6);
  EXPECT_NEAR(move(net, optimizer, 1), -kRate * 1 / std::sqrt(0.75 * 1 + 0.25 * 1), 1e-6);
}

TEST(Optimizer, AGradientThatLiesOtherwiseInMemoryMovesTheRightWeights) {
  const Network net = test::new_discriminator({.network = {.base_channels = 2}});
  Optimizer optimizer(named_parameters(net), {.kind = OptimizerKind::sgd, .learning_rate = 1});
  std::vector<at::Tensor> expected;
  for (auto& parameter : parameters(net)) {
    const at::Tensor gradient = at::arange(parameter.numel(), at::kFloat).view(parameter.sizes());  // contiguous
    expected.push_back(parameter.detach() - gradient);
    parameter.mutable_grad() = gradient;
  }
  optimizer.step();
  const auto moved = parameters(net);
  for (size_t i = 0; i < moved.size(); ++i) EXPECT_TRUE(at::allclose(moved[i], expected[i])) << i;
}

class EveryOptimizer : public testing::TestWithParam<OptimizerKind> {};

TEST_P(EveryOptimizer, GoesOnFromItsStateAsIfNeverStopped) {
  const OptimizerOptions options{.kind = GetParam(), .learning_rate = kRate, .momentum = 0.9};
  const Network straight = network(), resumed = network();
  load_state_dict(resumed, state_dict(straight));
  Optimizer first(named_parameters(straight), options);
  move(straight, first, 2), move(straight, first, -1);
  load_state_dict(resumed, state_dict(straight));
  Optimizer second(named_parameters(resumed), options);
  second.load(first.state());
  EXPECT_EQ(move(straight, first, 0.5), move(resumed, second, 0.5));
  EXPECT_EQ(move(straight, first, 4), move(resumed, second, 4));
}

TEST_P(EveryOptimizer, AParameterWithoutAGradientStandsStillWithItsMoments) {
  const Network net = network();
  Optimizer optimizer(named_parameters(net), {.kind = GetParam(), .learning_rate = kRate, .momentum = 0.9});
  move(net, optimizer, 2);
  at::Tensor still = parameters(net)[0], other = parameters(net)[1];
  const at::Tensor before = still.detach().clone(), before_other = other.detach().clone();
  const auto moments = [&](size_t of) {
    std::vector<at::Tensor> tensors;
    const Dict state = optimizer.state();
    for (const auto& [part, value] : state.items) {
      const Dict& by_name = std::get<Dict>(value);
      if (!by_name.items.empty()) tensors.push_back(std::get<at::Tensor>(by_name.items[of].second).clone());
    }
    return tensors;
  };
  const auto before_moments = moments(0), before_others = moments(1);
  still.mutable_grad().reset();
  optimizer.step();
  EXPECT_TRUE(at::equal(still, before));
  EXPECT_FALSE(at::equal(other, before_other));
  for (size_t i = 0; i < before_moments.size(); ++i) {
    EXPECT_TRUE(at::equal(moments(0)[i], before_moments[i])) << i;
    EXPECT_FALSE(at::equal(moments(1)[i], before_others[i])) << i;
  }
  for (auto& parameter : parameters(net)) parameter.mutable_grad().reset();
  optimizer.step();  // nothing to move
  EXPECT_TRUE(at::equal(still, before));
}

TEST_P(EveryOptimizer, RefusesTheStateOfAnotherNetwork) {
  const OptimizerOptions options{.kind = GetParam(), .momentum = 0.9};
  Optimizer small(named_parameters(network()), options);
  Optimizer large(named_parameters(test::new_generator({.network = {.base_channels = 1}, .latent = {.size = 3}})),
                  options);
  EXPECT_THROW(large.load(small.state()), Error);
}

INSTANTIATE_TEST_SUITE_P(, EveryOptimizer,
                         testing::Values(OptimizerKind::adam, OptimizerKind::sgd, OptimizerKind::rmsprop),
                         [](const auto& info) { return to_text(info.param); });

}  // namespace
}  // namespace gan
