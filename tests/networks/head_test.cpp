#include "gan/networks/head.h"

#include <torch/csrc/autograd/autograd.h>
#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(const Network& network) {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : named_parameters(network)) names.push_back(name);
  return names;
}

/// A trunk as far as a head sees it.
Trunk giving(int64_t features) {
  return {.features = features, .layers = 3};
}

/// A trunk that gives what it takes.
Trunk passing_on(int64_t features) {
  Budget budget = Budget::of_run();
  const Network network = linear_head({.features = features, .layers = 2}, features, {}, budget);
  load_state_dict(network, {{{"linear3.weight", at::eye(features)}, {"linear3.bias", at::zeros({features})}}});
  return {network, features, 3};
}

/// The head's weights beside those of a trunk that passes on.
Dict with_passing_on(int64_t features, Dict head) {
  Dict all{{{"linear3.weight", at::eye(features)}, {"linear3.bias", at::zeros({features})}}};
  for (auto& item : head.items) all.items.push_back(item);
  return all;
}

TEST(LinearHead, CountsOnFromTheTrunksLayers) {
  Budget budget = Budget::of_file(5 * 2 + 2);
  const Network head = linear_head(giving(5), 2, {}, budget);
  EXPECT_THAT(names(head), ElementsAre("linear4.weight", "linear4.bias"));
  EXPECT_EQ(forward(head, at::zeros({3, 5})).sizes(), at::IntArrayRef({3, 2}));
  EXPECT_THROW(budget.pay(1), Error);
}

TEST(LinearHead, IsSpectralWhereDsNormIs) {
  Budget budget = Budget::of_run();
  const Network head = linear_head(giving(1), 1, {.d_norm = Norm::spectral}, budget);
  for (auto& parameter : parameters(head)) parameter.data().fill_(3);
  EXPECT_NEAR(forward(head, at::ones({1, 1})).item<float>(), 1 + 3, 1e-5);  // the weight 3 becomes 1
}

TEST(LatentTrunk, TakesVectorsThroughTwoHiddenLayers) {
  Budget budget = Budget::of_file((7 + 1) * 1000 + 1001 * 1000);
  const Trunk trunk = latent_trunk(7, {.dropout = 0.5, .dropout_last = false}, budget);
  EXPECT_THROW(budget.pay(1), Error);
  EXPECT_THAT(names(trunk.network), ElementsAre("linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias"));
  const at::Tensor x = at::randn({3, 7});
  EXPECT_EQ(forward(trunk.network, x).sizes(), at::IntArrayRef({3, trunk.features}));
  EXPECT_FALSE(at::equal(forward(trunk.network, x), forward(trunk.network, x)));
  set_training(trunk.network, false);
  EXPECT_TRUE(at::equal(forward(trunk.network, x), forward(trunk.network, x)));
}

TEST(PairHead, TakesFeaturesAndWhatIsGivenSideBySide) {
  Budget budget = Budget::of_file((5 + 3 + 1) * 512 + 513 * 256 + 257);
  const Network head = pair_head(giving(5), 3, {}, budget);
  EXPECT_THROW(budget.pay(1), Error);
  EXPECT_EQ(forward(head, at::randn({4, 8})).sizes(), at::IntArrayRef({4, 1}));
}

/// Minibatch discrimination by one kernel, and a head that gives o alone, with the projection x -> x of two features.
Network closeness() {
  Budget budget = Budget::of_file(2 * 1 * 2 + (2 + 1) + 1);
  const Trunk trunk = with_minibatch_discrimination(passing_on(2), {1, 2}, budget);
  const Network whole = joined(trunk.network, linear_head(trunk, 1, {}, budget));
  load_state_dict(whole, with_passing_on(2, {{{"minibatch4.weight", at::eye(2)},
                                              {"minibatch4.running_mean", at::ones({1})},
                                              {"linear5.weight", at::tensor({0.f, 0.f, 1.f}).view({1, 3})},
                                              {"linear5.bias", at::zeros({1})}}}));
  return whole;
}

const at::Tensor kThree = at::tensor({0.f, 0.f, 1.f, 0.f, 0.f, 2.f}).view({3, 2});  // distances 1, 2 and 3

TEST(MinibatchDiscrimination, SumsTheClosenessToAllOfTheBatch) {
  const auto e = [](double distance) { return std::exp(-distance); };
  const at::Tensor o = forward(closeness(), kThree).flatten();
  EXPECT_NEAR(o[0].item<double>(), 1 + e(1) + e(2), 1e-6);
  EXPECT_NEAR(o[1].item<double>(), 1 + e(1) + e(3), 1e-6);
  EXPECT_NEAR(o[2].item<double>(), 1 + e(2) + e(3), 1e-6);
}

TEST(MinibatchDiscrimination, AddsUpTheSizesOfAKernelAndKeepsKernelsApart) {
  Budget budget = Budget::of_run();
  const Trunk trunk = with_minibatch_discrimination(passing_on(1), {2, 2}, budget);
  const Network head = joined(trunk.network, linear_head(trunk, 2, {}, budget));
  load_state_dict(head, with_passing_on(1, {{{"minibatch4.weight", at::tensor({1.f, 2.f, 0.5f, 0.f}).view({4, 1})},
                                             {"minibatch4.running_mean", at::ones({2})},
                                             {"linear5.weight", at::eye(3).narrow(0, 1, 2).contiguous()},
                                             {"linear5.bias", at::zeros({2})}}}));
  const at::Tensor o = forward(head, at::tensor({0.f, 1.f}).view({2, 1}));
  EXPECT_NEAR(o[0][0].item<double>(), 1 + std::exp(-(1 + 2)), 1e-6);
  EXPECT_NEAR(o[0][1].item<double>(), 1 + std::exp(-0.5), 1e-6);
}

TEST(MinibatchDiscrimination, JudgesAnImageByItselfOutsideTraining) {
  const Network head = closeness();
  const double mean = forward(head, kThree).mean().item<double>();
  set_training(head, false);
  const at::Tensor alone = forward(head, kThree.narrow(0, 0, 1)), among = forward(head, kThree);
  EXPECT_EQ(alone.item<float>(), among[0].item<float>());
  EXPECT_NEAR(alone.item<double>(), 1 + 0.1 * (mean - 1), 1e-6);
}

TEST(MinibatchDiscrimination, CanBeDifferentiatedTwice) {
  const Network head = closeness();
  const at::Tensor x = kThree.clone().requires_grad_();
  const at::Tensor y = forward(head, x, Differentiable::twice);
  const at::Tensor slope = torch::autograd::grad({y.sum()}, {x}, {}, true, true)[0];
  slope.square().sum().backward();
  EXPECT_TRUE(at::isfinite(x.grad()).all().item<bool>());
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
}

TEST(MinibatchDiscrimination, EndsTheTrunksOfBothKindsOfDiscriminatorWhereAskedFor) {
  Budget budget = Budget::of_run();
  const NetworkOptions options{.base_channels = 2, .minibatch_discrimination = {5, 3}};
  const Trunk plain = architecture(options.arch).trunk(options, {}, budget);
  const Trunk trunk = discriminator_trunk(options, {}, budget), of_latents = latent_trunk(4, options, budget);
  EXPECT_EQ(trunk.features, plain.features + 5);
  EXPECT_EQ(forward(trunk.network, at::randn({3, 1, 28, 28})).sizes(), at::IntArrayRef({3, trunk.features}));
  EXPECT_EQ(of_latents.features, 1005);
  EXPECT_EQ(forward(of_latents.network, at::randn({3, 4})).sizes(), at::IntArrayRef({3, 1005}));
}

TEST(MinibatchKernels, AreReadAndWrittenAsTheyAreGiven) {
  MinibatchKernels kernels;
  EXPECT_TRUE(parse_text("32x8", kernels));
  EXPECT_EQ(kernels, (MinibatchKernels{32, 8}));
  EXPECT_EQ(to_text(kernels), "32x8");
  for (const char* wrong : {"", "32", "x8", "32x", "0x8", "8x0", "1001x8", "-1x8", "3x3x3"}) {
    EXPECT_FALSE(parse_text(wrong, kernels)) << wrong;
  }
  EXPECT_TRUE(parse_text("0", kernels));
  EXPECT_EQ(to_text(kernels), "0");
}

TEST(Joined, SharesTheLayersOfBothUnderTheirNames) {
  Budget budget = Budget::of_run();
  const NetworkOptions options{.base_channels = 2, .d_norm = Norm::none};
  const Trunk trunk = architecture(options.arch).trunk(options, {}, budget);
  const Network head = linear_head(trunk, 1, options, budget), whole = joined(trunk.network, head);
  EXPECT_THAT(names(whole), ElementsAre("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "conv3.weight",
                                        "conv3.bias", "linear4.weight", "linear4.bias"));
  const at::Tensor x = at::randn({3, 1, 28, 28});
  EXPECT_TRUE(at::equal(forward(whole, x), forward(head, forward(trunk.network, x))));
  EXPECT_TRUE(parameters(whole).front().is_same(parameters(trunk.network).front()));
  EXPECT_TRUE(parameters(whole).back().is_same(parameters(head).back()));
  set_training(whole, false);
  initialize(whole, Init::dcgan);  // weights made channels-last are still shared
  EXPECT_TRUE(at::equal(parameters(whole).front(), parameters(trunk.network).front()));
}

}  // namespace
}  // namespace gan
