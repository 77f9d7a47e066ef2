#include "gan/models/gan.h"

#include <ATen/core/grad_mode.h>

#include <utility>

#include "gan/losses/penalties.h"
#include "gan/networks/cost.h"

namespace gan {

namespace {
constexpr size_t kGenerator = 0, kDiscriminator = 1;  // in players_

bool penalises_samples(const GanOptions& options) {
  return options.r2 > 0 || options.gradient_penalty > 0;
}
bool has_penalty(const GanOptions& options) {
  return options.r1 > 0 || penalises_samples(options);
}
bool is_lazy(const GanOptions& options) {
  return has_penalty(options) && options.penalty_every > 1;
}
}  // namespace

Gan::Gan(const NetworkPair& networks, const GanOptions& options)
    : options_(options),
      networks_(networks),
      players_{{"generator", networks.generator}, {"discriminator", networks.discriminator}},
      turns_{{.name = "d", .player = kDiscriminator}, {.name = "g", .player = kGenerator, .every = {options.d_steps}}} {
  if (is_lazy(options)) turns_.push_back({.name = "p", .player = kDiscriminator, .every = {options.penalty_every}});
}

Outcome Gan::play(const Turn& turn, const Batch& batch) {
  if (turn.name == "p") return play_penalty(batch.images);
  return turn.player == kDiscriminator ? play_discriminator(batch.images) : play_generator(batch.images);
}

Outcome Gan::play_discriminator(const at::Tensor& real) {
  {
    const at::AutoGradMode graph(!options_.fresh_noise);  // G does not move between the turns: its graph serves both
    fake_ = draw_fake_for_discriminator(real);
  }
  const at::Tensor fake = fake_.detach();
  at::Tensor real_logits, fake_logits;
  if (options_.joined_batch) {
    const auto halves = judge(at::cat({real, fake})).chunk(2);
    real_logits = halves[0], fake_logits = halves[1];
  } else {
    real_logits = judge(real), fake_logits = judge(fake);
  }
  at::Tensor loss = discriminator_loss(options_.loss, real_logits, fake_logits, 1 - options_.label_smoothing);
  // The mean over 2N images is half the sum of the means over N; of N pairs there is one mean.
  if (options_.joined_batch && !compares_with_real(options_.loss)) loss = loss / 2;
  Outcome outcome{loss,
                  {{"d_loss", loss.detach()},
                   {"d_real", mean_score(options_.loss, real_logits)},
                   {"d_fake", mean_score(options_.loss, fake_logits)}}};
  if (has_penalty(options_) && !is_lazy(options_)) {
    const at::Tensor extra = penalty(real, fake);
    outcome.loss = loss + extra;
    outcome.scalars.emplace_back("d_penalty", extra.detach());
  }
  return outcome;
}

Outcome Gan::play_generator(const at::Tensor& real) {
  if (options_.fresh_noise) fake_ = draw_fake(real);
  const at::Tensor fake_logits = judge(std::exchange(fake_, at::Tensor()));
  at::Tensor real_logits;
  if (compares_with_real(options_.loss)) {
    const at::NoGradGuard no_graph;
    real_logits = judge(real);
  }
  const at::Tensor loss = generator_loss(options_.loss, fake_logits, real_logits);
  return {loss, {{"g_loss", loss.detach()}}};
}

Outcome Gan::play_penalty(const at::Tensor& real) {
  at::Tensor fake;
  if (penalises_samples(options_)) {
    const at::NoGradGuard no_graph;
    fake = draw_fake_for_discriminator(real);
  }
  const at::Tensor once = penalty(real, fake);
  return {once * options_.penalty_every, {{"d_penalty", once.detach()}}};
}

/// At float images, whatever the networks compute in: squares of small gradients are beyond bfloat16.
at::Tensor Gan::penalty(const at::Tensor& real, const at::Tensor& samples) {
  const at::Tensor fake = samples.defined() ? samples.detach().to(at::kFloat) : samples;
  const auto gradients_at = [&](const at::Tensor& images) {
    return squared_gradients(forward_twice_differentiable(networks_.discriminator, images), images);
  };
  at::Tensor sum = at::zeros({}, real.options());
  if (options_.r1 > 0) {
    sum = sum + options_.r1 * zero_centred_penalty(gradients_at(real.detach().clone().requires_grad_()));
  }
  if (options_.r2 > 0) {
    sum = sum + options_.r2 * zero_centred_penalty(gradients_at(fake.clone().requires_grad_()));
  }
  if (options_.gradient_penalty > 0) {
    sum = sum + options_.gradient_penalty * one_centred_penalty(gradients_at(between(real, fake)));
  }
  return sum;
}

// Backward, a layer costs as much as forward for its weights' gradient and again for its input's, which the first one
// of a network that moves does not need.
double Gan::operations(const Turn& turn) const {
  const Cost g = forward_cost(networks_.generator, {networks_.latent_size});
  const Cost d = forward_cost(networks_.discriminator, g.output);
  const double penalties = (options_.r1 > 0) + (options_.r2 > 0) + (options_.gradient_penalty > 0);
  const double penalty = penalties * 6 * d.all;  // forward, the gradient at the images, and both backward
  if (turn.name == "p") return (penalises_samples(options_) ? g.all : 0) + penalty;
  if (turn.player == kDiscriminator) {
    return g.all + 2 * d.all + 2 * (2 * d.all - d.first) + (is_lazy(options_) ? 0 : penalty);
  }
  const double real = compares_with_real(options_.loss) ? d.all : 0;
  return (options_.fresh_noise ? g.all : 0) + real + d.all + d.all + (2 * g.all - g.first);
}

/// Logits are float, whatever the networks compute in: losses are small differences.
at::Tensor Gan::judge(const at::Tensor& images) {
  return forward(networks_.discriminator, images).to(at::kFloat);
}

at::Tensor Gan::draw_fake(const at::Tensor& real) {
  return forward(networks_.generator, draw_latents(options_.noise, real.size(0), networks_.latent_size, real.device()));
}

at::Tensor Gan::draw_fake_for_discriminator(const at::Tensor& real) {
  set_training(networks_.generator, !options_.inferred_fakes);
  const at::Tensor fake = draw_fake(real);
  set_training(networks_.generator, true);
  return fake;
}

}  // namespace gan
