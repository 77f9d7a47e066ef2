// Normalisation of D's layers, tested through the public interface of networks.

#include "gan/base/random.h"
#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

NetworkOptions small(Norm norm, bool minibatch_std = false) {
  return {.arch = Arch::dcgan, .base_channels = 3, .d_norm = norm, .minibatch_std = minibatch_std};
}

Network discriminator(const NetworkOptions& options) {
  seed_default_generators(1);
  return test::new_pair(options).discriminator;
}

at::Tensor images(int64_t count) {
  return at::rand({count, 1, 28, 28}, make_generator(2)) * 2 - 1;
}

at::Tensor& entry(Dict& state, const std::string& name) {
  for (auto& [key, value] : state.items) {
    if (key == name) return std::get<at::Tensor>(value);
  }
  throw std::runtime_error(name);
}

TEST(DNorm, OfNoneJudgesEachImageByItself) {
  const Network d = discriminator(small(Norm::none));
  const at::Tensor x = images(6);
  EXPECT_TRUE(at::allclose(forward(d, x).narrow(0, 0, 2), forward(d, x.narrow(0, 0, 2)), 1e-4, 1e-6));
}

TEST(DNorm, SpectralDividesEachWeightByItsLargestSingularValue) {
  const Network d = discriminator(small(Norm::spectral));
  const at::Tensor x = images(4);
  for (int i = 0; i < 200; ++i) forward(d, x);  // as many power iterations
  set_training(d, false);
  Dict state = state_dict(d);
  const at::Tensor before = forward(d, x);
  // The same layers with weights divided beforehand.
  const Network plain = discriminator(small(Norm::none));
  Dict divided;
  for (const auto& [name, value] : state.items) {
    if (name.ends_with(".u")) continue;
    at::Tensor tensor = std::get<at::Tensor>(value).detach().clone();
    if (name.ends_with(".weight")) {
      const at::Tensor norm = at::linalg_svdvals(tensor.flatten(1)).max();
      tensor = tensor / norm;
    }
    divided.set(name, tensor);
  }
  load_state_dict(plain, divided);
  EXPECT_TRUE(at::allclose(forward(plain, x), before, 1e-3, 1e-5));
}

TEST(DNorm, SpectralMovesOnInTrainingOnly) {
  const Network d = discriminator(small(Norm::spectral));
  Dict state = state_dict(d);
  const at::Tensor start = entry(state, "conv1.u").clone();
  set_training(d, false);
  forward(d, images(2));
  EXPECT_TRUE(at::equal(entry(state, "conv1.u"), start));
  set_training(d, true);
  forward(d, images(2));
  EXPECT_FALSE(at::equal(entry(state, "conv1.u"), start));
}

TEST(DNorm, SpectralCanBeDifferentiatedOverTwoForwardPasses) {
  const Network d = discriminator(small(Norm::spectral));
  (forward(d, images(3)).sum() + forward(d, -images(3)).sum()).backward();
  for (const auto& parameter : parameters(d)) EXPECT_TRUE(parameter.grad().defined());
}

TEST(DNorm, SpectralKeepsAWeightOfZeros) {
  const Network d = discriminator(small(Norm::spectral));
  for (auto& parameter : parameters(d)) parameter.data().zero_();
  EXPECT_TRUE(at::isfinite(forward(d, images(2))).all().item<bool>());
}

TEST(MinibatchStd, TellsABatchOfOneImageFromOneOfMany) {
  const Network d = discriminator(small(Norm::none, true));
  const at::Tensor x = images(8), same = x.narrow(0, 0, 1).expand({8, 1, 28, 28});
  const at::Tensor among_others = forward(d, x)[0], among_its_like = forward(d, same)[0];
  EXPECT_GT((among_others - among_its_like).abs().item<double>(), 1e-6);
  EXPECT_TRUE(at::allclose(forward(d, same).narrow(0, 0, 1), forward(d, same).narrow(0, 7, 1)));
}

TEST(MinibatchStd, JudgesAnImageByItselfWhereItIsNotTrained) {
  const Network d = discriminator(small(Norm::none, true));
  for (int i = 0; i < 5; ++i) forward(d, images(8));
  set_training(d, false);
  const at::Tensor x = images(8), same = x.narrow(0, 0, 1).expand({8, 1, 28, 28});
  EXPECT_TRUE(at::allclose(forward(d, x)[0], forward(d, same)[0]));
}

TEST(MinibatchStd, HasAFiniteSlopeWhereAllImagesAreAlike) {
  const Network d = discriminator(small(Norm::none, true));
  const at::Tensor x = at::zeros({4, 1, 28, 28}).requires_grad_();
  forward(d, x).sum().backward();
  EXPECT_TRUE(at::isfinite(x.grad()).all().item<bool>());
}

}  // namespace
}  // namespace gan
