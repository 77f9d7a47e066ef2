#include "gan/models/gan.h"

#include <c10/core/GradMode.h>

#include <utility>

#include "gan/networks/cost.h"

namespace gan {

namespace {
constexpr size_t kGenerator = 0, kDiscriminator = 1;  // in players_
}

Gan::Gan(const NetworkPair& networks, const GanOptions& options)
    : options_(options),
      networks_(networks),
      players_{{"generator", networks.generator}, {"discriminator", networks.discriminator}},
      turns_{{.name = "d", .player = kDiscriminator}, {.name = "g", .player = kGenerator, .every = {options.d_steps}}} {
}

Outcome Gan::play(const Turn& turn, const Batch& batch) {
  return turn.player == kDiscriminator ? play_discriminator(batch.images) : play_generator(batch.images);
}

Outcome Gan::play_discriminator(const at::Tensor& real) {
  {
    const c10::AutoGradMode graph(!options_.fresh_noise);  // G does not move between the turns: its graph serves both
    fake_ = draw_fake(real);
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
  if (options_.joined_batch) loss = loss / 2;  // the mean over 2N images is half the sum of the means over N
  return {loss,
          {{"d_loss", loss.detach()},
           {"d_real", mean_score(options_.loss, real_logits)},
           {"d_fake", mean_score(options_.loss, fake_logits)}}};
}

Outcome Gan::play_generator(const at::Tensor& real) {
  if (options_.fresh_noise) fake_ = draw_fake(real);
  const at::Tensor loss = generator_loss(options_.loss, judge(std::exchange(fake_, at::Tensor())));
  return {loss, {{"g_loss", loss.detach()}}};
}

// Backward, a layer costs as much as forward for its weights' gradient and again for its input's, which the first one
// of a network that moves does not need.
double Gan::operations(const Turn& turn) const {
  const Cost g = forward_cost(networks_.generator, {networks_.latent_size});
  const Cost d = forward_cost(networks_.discriminator, g.output);
  if (turn.player == kDiscriminator) return g.all + 2 * d.all + 2 * (2 * d.all - d.first);
  return (options_.fresh_noise ? g.all : 0) + d.all + d.all + (2 * g.all - g.first);
}

/// Logits are float, whatever the networks compute in: losses are small differences.
at::Tensor Gan::judge(const at::Tensor& images) {
  return forward(networks_.discriminator, images).to(at::kFloat);
}

at::Tensor Gan::draw_fake(const at::Tensor& real) {
  return forward(networks_.generator, draw_latents(options_.noise, real.size(0), networks_.latent_size, real.device()));
}

}  // namespace gan
