#include "gan/models/gan.h"

#include "gan/base/random.h"
#include "gan/losses/penalties.h"
#include "support/test.h"

namespace gan {
namespace {

NetworkPair networks() {
  seed_default_generators(0);
  return build_networks({.arch = Arch::mlp, .latent_size = 8, .init = Init::xavier}, {1, 8, 8});
}

Batch batch() {
  seed_default_generators(1);
  return {at::rand({6, 1, 8, 8}) * 2 - 1, {}};
}

double value(const Outcome& outcome, const std::string& name) {
  for (const auto& [key, tensor] : outcome.scalars) {
    if (key == name) return tensor.item<double>();
  }
  ADD_FAILURE() << "no scalar " << name;
  return 0;
}

Outcome play_d(const GanOptions& options) {
  Gan gan(networks(), options);
  const Batch real = batch();
  seed_default_generators(2);
  return gan.play(gan.turns()[0], real);
}

TEST(Gan, JoinedBatchHasHalfTheLossOfSeparateOnesWithoutBatchNorm) {
  const Outcome separate = play_d({.joined_batch = false}), joined = play_d({.joined_batch = true});
  EXPECT_NEAR(value(separate, "d_loss"), 2 * value(joined, "d_loss"), 1e-6);
  EXPECT_NEAR(value(separate, "d_real"), value(joined, "d_real"), 1e-6);
  EXPECT_NEAR(value(separate, "d_fake"), value(joined, "d_fake"), 1e-6);
}

TEST(Gan, LossIsThatOfItsLogits) {
  const NetworkPair pair = networks();
  const Batch real = batch();
  seed_default_generators(2);
  const at::Tensor fake = forward(pair.generator, draw_latents(Noise::normal, 6, 8, at::kCPU));
  const at::Tensor expected = discriminator_loss(Loss::nonsaturating, forward(pair.discriminator, real.images),
                                                 forward(pair.discriminator, fake), 0.9);
  EXPECT_NEAR(value(play_d({.label_smoothing = 0.1}), "d_loss"), expected.item<double>(), 1e-6);
}

TEST(Gan, WithoutFreshNoiseGTakesDsNoiseAndDrawsNone) {
  Gan gan(networks(), {.fresh_noise = false});
  const Batch real = batch();
  gan.play(gan.turns()[0], real);
  const at::Tensor before = generator_state(default_generator(at::kCPU));
  gan.play(gan.turns()[1], real);
  EXPECT_TRUE(at::equal(before, generator_state(default_generator(at::kCPU))));
}

TEST(Gan, FreshNoiseIsDrawnForGsTurn) {
  Gan gan(networks(), {.fresh_noise = true});
  const Batch real = batch();
  gan.play(gan.turns()[0], real);
  const at::Tensor before = generator_state(default_generator(at::kCPU));
  gan.play(gan.turns()[1], real);
  EXPECT_FALSE(at::equal(before, generator_state(default_generator(at::kCPU))));
}

TEST(Gan, InferredFakesAreThoseOfTheRunningStatisticsWhichMoveInGsTurnOnly) {
  seed_default_generators(0);
  const NetworkPair pair = build_networks({.arch = Arch::dcgan, .base_channels = 2}, {1, 28, 28});
  const auto statistics = [&] { return state_dict(pair.generator).get<at::Tensor>("norm1.running_mean").clone(); };
  const Batch real{at::rand({6, 1, 28, 28}) * 2 - 1, {}};
  Gan gan(pair, {.inferred_fakes = true});
  const at::Tensor before = statistics();
  seed_default_generators(2);
  const double d_fake = value(gan.play(gan.turns()[0], real), "d_fake");
  EXPECT_TRUE(at::equal(statistics(), before));
  EXPECT_TRUE(is_training(pair.generator));
  seed_default_generators(2);
  const at::Tensor fake = infer(pair.generator, draw_latents(Noise::normal, 6, 100, at::kCPU)).clone();
  EXPECT_NEAR(d_fake, forward(pair.discriminator, fake).sigmoid().mean().item<double>(), 1e-5);
  gan.play(gan.turns()[1], real);
  EXPECT_FALSE(at::equal(statistics(), before));
}

TEST(Gan, GMovesAtEveryKthStepOnly) {
  const Gan gan(networks(), {.d_steps = 3});
  std::string moves;
  for (int64_t step = 1; step <= 6; ++step) {
    for (const Turn& turn : gan.turns()) {
      if (turn.every.due(step, 1)) moves += turn.name;
    }
  }
  EXPECT_EQ(moves, "dddgdddg");
}

TEST(Gan, PenaltiesArePartOfDsLossAtTheirWeight) {
  const Outcome plain = play_d({}), with = play_d({.r1 = 3});
  const at::Tensor images = batch().images.requires_grad_();
  const double r1 =
      zero_centred_penalty(squared_gradients(forward_twice_differentiable(networks().discriminator, images), images))
          .item<double>();
  EXPECT_GT(r1, 0);
  EXPECT_NEAR(value(with, "d_penalty"), 3 * r1, 1e-5 * r1);
  EXPECT_NEAR(with.loss.item<double>(), plain.loss.item<double>() + 3 * r1, 1e-5);
  EXPECT_EQ(value(with, "d_loss"), value(plain, "d_loss"));
}

TEST(Gan, LazyPenaltiesAreATurnOfTheirOwnAndAsManyTimesAsHeavy) {
  for (const GanOptions& every : {GanOptions{.r1 = 3}, {.r2 = 2}, {.gradient_penalty = 10}}) {
    GanOptions lazy = every;
    lazy.penalty_every = 4;
    Gan gan(networks(), lazy);
    ASSERT_EQ(gan.turns().size(), 3u);
    const Turn& turn = gan.turns()[2];
    EXPECT_EQ(turn.every, Every{4});
    EXPECT_EQ(gan.players()[turn.player].name, "discriminator");
    const Batch real = batch();
    const Outcome outcome = gan.play(turn, real);
    EXPECT_GT(value(outcome, "d_penalty"), 0);
    EXPECT_NEAR(outcome.loss.item<double>(), 4 * value(outcome, "d_penalty"), 1e-4);
    EXPECT_GT(gan.operations(turn), 0);
  }
  EXPECT_EQ(Gan(networks(), {.penalty_every = 4}).turns().size(), 2u);
}

TEST(Gan, ComparesSamplesWithRealImagesInGsTurnToo) {
  Gan gan(networks(), {.loss = Loss::relativistic});
  const Batch real = batch();
  seed_default_generators(2);
  const double loss = value(gan.play(gan.turns()[1], real), "g_loss");
  const NetworkPair pair = networks();
  seed_default_generators(2);
  const at::Tensor fake =
      forward(pair.discriminator, forward(pair.generator, draw_latents(Noise::normal, 6, 8, at::kCPU)));
  EXPECT_NEAR(loss, at::softplus(forward(pair.discriminator, real.images) - fake).mean().item<double>(), 1e-6);
}

}  // namespace
}  // namespace gan
