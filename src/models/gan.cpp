#include "gan/models/gan.h"

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
  noise_ = draw_noise(real);
  const at::Tensor fake = forward(networks_.generator, noise_);
  at::Tensor real_logits, fake_logits;
  if (options_.joined_batch) {
    const auto halves = forward(networks_.discriminator, at::cat({real, fake})).chunk(2);
    real_logits = halves[0], fake_logits = halves[1];
  } else {
    real_logits = forward(networks_.discriminator, real), fake_logits = forward(networks_.discriminator, fake);
  }
  at::Tensor loss = discriminator_loss(options_.loss, real_logits, fake_logits, 1 - options_.label_smoothing);
  if (options_.joined_batch) loss = loss / 2;  // the mean over 2N images is half the sum of the means over N
  return {loss,
          {{"d_loss", loss.detach()},
           {"d_real", mean_score(options_.loss, real_logits)},
           {"d_fake", mean_score(options_.loss, fake_logits)}}};
}

Outcome Gan::play_generator(const at::Tensor& real) {
  const at::Tensor noise = options_.fresh_noise ? draw_noise(real) : noise_;
  const at::Tensor loss =
      generator_loss(options_.loss, forward(networks_.discriminator, forward(networks_.generator, noise)));
  return {loss, {{"g_loss", loss.detach()}}};
}

at::Tensor Gan::draw_noise(const at::Tensor& real) {
  return draw_latents(options_.noise, real.size(0), networks_.latent_size, real.device());
}

}  // namespace gan
