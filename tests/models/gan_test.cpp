#include "gan/models/gan.h"

#include "gan/base/random.h"
#include "gan/losses/penalties.h"
#include "support/test.h"

namespace gan {
namespace {

constexpr ImageShape kImages{1, 8, 8};

/// A small GAN, always with the same weights.
Gan small_gan(const GameOptions& game) {
  seed_default_generators(0);
  Budget budget = Budget::of_run();
  return Gan({.network = {.arch = Arch::mlp, .init = Init::xavier}, .latent = {.size = 8}, .game = game}, kImages,
             budget);
}

Network generator_of(const Gan& gan) {
  return gan.part("generator").network;
}
Network discriminator_of(const Gan& gan) {
  return gan.part("discriminator").network;
}

at::Tensor draw_latents(int64_t count, int64_t size) {
  return LatentSpace({{"z", size, Noise::normal}}).draw(count, at::kCPU);
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

Outcome play_d(const GameOptions& options) {
  const Gan gan = small_gan(options);
  const Batch real = batch();
  seed_default_generators(2);
  return gan.turns()[0].play(real);
}

TEST(Gan, JoinedBatchHasHalfTheLossOfSeparateOnesWithoutBatchNorm) {
  const Outcome separate = play_d({.joined_batch = false}), joined = play_d({.joined_batch = true});
  EXPECT_NEAR(value(separate, "d_loss"), 2 * value(joined, "d_loss"), 1e-6);
  EXPECT_NEAR(value(separate, "d_real"), value(joined, "d_real"), 1e-6);
  EXPECT_NEAR(value(separate, "d_fake"), value(joined, "d_fake"), 1e-6);
}

TEST(Gan, LossIsThatOfItsLogits) {
  const Gan pair = small_gan({});
  const Batch real = batch();
  seed_default_generators(2);
  const at::Tensor fake = forward(generator_of(pair), draw_latents(6, 8));
  const at::Tensor expected = discriminator_loss(Loss::nonsaturating, forward(discriminator_of(pair), real.images),
                                                 forward(discriminator_of(pair), fake), 0.9);
  EXPECT_NEAR(value(play_d({.label_smoothing = 0.1}), "d_loss"), expected.item<double>(), 1e-6);
}

TEST(Gan, WithoutFreshNoiseGTakesDsNoiseAndDrawsNone) {
  const Gan gan = small_gan({.fresh_noise = false});
  const Batch real = batch();
  gan.turns()[0].play(real);
  const at::Tensor before = generator_state(default_generator(at::kCPU));
  gan.turns()[1].play(real);
  EXPECT_TRUE(at::equal(before, generator_state(default_generator(at::kCPU))));
}

TEST(Gan, FreshNoiseIsDrawnForGsTurn) {
  const Gan gan = small_gan({.fresh_noise = true});
  const Batch real = batch();
  gan.turns()[0].play(real);
  const at::Tensor before = generator_state(default_generator(at::kCPU));
  gan.turns()[1].play(real);
  EXPECT_FALSE(at::equal(before, generator_state(default_generator(at::kCPU))));
}

TEST(Gan, InferredFakesAreThoseOfTheRunningStatisticsWhichMoveInGsTurnOnly) {
  seed_default_generators(0);
  Budget budget = Budget::of_run();
  const Gan pair({.network = {.arch = Arch::dcgan, .base_channels = 2}, .game = {.inferred_fakes = true}}, {1, 28, 28},
                 budget);
  const Gan& gan = pair;
  const auto statistics = [&] { return state_dict(generator_of(pair)).get<at::Tensor>("norm1.running_mean").clone(); };
  const Batch real{at::rand({6, 1, 28, 28}) * 2 - 1, {}};
  const at::Tensor before = statistics();
  seed_default_generators(2);
  const double d_fake = value(gan.turns()[0].play(real), "d_fake");
  EXPECT_TRUE(at::equal(statistics(), before));
  EXPECT_TRUE(is_training(generator_of(pair)));
  seed_default_generators(2);
  const at::Tensor fake = infer(generator_of(pair), draw_latents(6, 100)).clone();
  EXPECT_NEAR(d_fake, forward(discriminator_of(pair), fake).sigmoid().mean().item<double>(), 1e-5);
  gan.turns()[1].play(real);
  EXPECT_FALSE(at::equal(statistics(), before));
}

TEST(Gan, GMovesAtEveryKthStepOnly) {
  const Gan gan = small_gan({.d_steps = 3});
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
      zero_centred_penalty(
          squared_gradients(forward(discriminator_of(small_gan({})), images, Differentiable::twice), images))
          .item<double>();
  EXPECT_GT(r1, 0);
  EXPECT_NEAR(value(with, "d_penalty"), 3 * r1, 1e-5 * r1);
  EXPECT_NEAR(with.loss.item<double>(), plain.loss.item<double>() + 3 * r1, 1e-5);
  EXPECT_EQ(value(with, "d_loss"), value(plain, "d_loss"));
}

TEST(Gan, LazyPenaltiesAreATurnOfTheirOwnAndAsManyTimesAsHeavy) {
  for (const GameOptions& every : {GameOptions{.r1 = 3}, {.r2 = 2}, {.gradient_penalty = 10}}) {
    GameOptions lazy = every;
    lazy.penalty_every = 4;
    const Gan gan = small_gan(lazy);
    ASSERT_EQ(gan.turns().size(), 3u);
    const Turn& turn = gan.turns()[2];
    EXPECT_EQ(turn.every, Every{4});
    EXPECT_EQ(gan.players()[turn.player].name, "discriminator");
    const Batch real = batch();
    const Outcome outcome = turn.play(real);
    EXPECT_GT(value(outcome, "d_penalty"), 0);
    EXPECT_NEAR(outcome.loss.item<double>(), 4 * value(outcome, "d_penalty"), 1e-4);
    EXPECT_GT(operations(gan, turn), 0);
  }
  EXPECT_EQ(small_gan({.penalty_every = 4}).turns().size(), 2u);
}

TEST(Gan, ComparesSamplesWithRealImagesInGsTurnToo) {
  const Gan gan = small_gan({.loss = Loss::relativistic});
  const Batch real = batch();
  seed_default_generators(2);
  const double loss = value(gan.turns()[1].play(real), "g_loss");
  const Gan pair = small_gan({});
  seed_default_generators(2);
  const at::Tensor fake = forward(discriminator_of(pair), forward(generator_of(pair), draw_latents(6, 8)));
  EXPECT_NEAR(loss, at::softplus(forward(discriminator_of(pair), real.images) - fake).mean().item<double>(), 1e-6);
}

}  // namespace
}  // namespace gan
