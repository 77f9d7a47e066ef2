#include "gan/models/game.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "gan/losses/penalties.h"
#include "gan/networks/init.h"

namespace gan {

namespace {

bool penalises_samples(const GameOptions& options) {
  return options.r2 > 0 || options.gradient_penalty > 0;
}
bool has_penalty(const GameOptions& options) {
  return options.r1 > 0 || penalises_samples(options);
}
bool is_lazy(const GameOptions& options) {
  return has_penalty(options) && options.penalty_every > 1;
}

size_t first_of(const std::vector<Player>& players, Role role) {
  const auto found = std::ranges::find(players, role, &Player::role);
  TORCH_CHECK(found != players.end(), "Game: a side without a player");
  return static_cast<size_t>(found - players.begin());
}

at::Tensor detached(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.detach() : tensor;
}

Sample detached(const Sample& sample) {
  return {detached(sample.x), detached(sample.given)};
}

at::Tensor both(const at::Tensor& real, const at::Tensor& fake) {
  return real.defined() ? at::cat({real, fake}) : real;
}

at::Tensor plus(const at::Tensor& loss, const at::Tensor& extra) {
  return extra.defined() ? loss + extra : loss;
}

}  // namespace

Game::Game(const GameOptions& options, LatentSpace latents) : Model(std::move(latents)), options_(options) {}

void Game::set_up(std::vector<Part> parts, std::vector<Player> players, Init init) {
  parts_ = std::move(parts);
  players_ = std::move(players);
  for (const Part& part : parts_) initialize(part.network, init);
  const size_t d = first_of(players_, Role::discriminator), g = first_of(players_, Role::generator);
  const double penalties = (options_.r1 > 0) + (options_.r2 > 0) + (options_.gradient_penalty > 0);
  const double judged = compares_with_real(options_.loss) ? 2 : 1;  // in G's turn: fake, and perhaps real
  turns_.push_back(
      {.name = "d",
       .player = d,
       .play = [this](const Batch& batch) { return d_turn(batch); },
       .work = work({{Pass::forward, 1}},
                    {{Pass::forward, 2}, {Pass::backward, 2}, {Pass::penalty, is_lazy(options_) ? 0 : penalties}})});
  turns_.push_back({.name = "g",
                    .player = g,
                    .every = {options_.d_steps},
                    .play = [this](const Batch& batch) { return g_turn(batch); },
                    .work = work({{Pass::forward, options_.fresh_noise}, {Pass::backward, 1}},
                                 {{Pass::forward, judged}, {Pass::through, 1}})});
  if (!is_lazy(options_)) return;
  turns_.push_back({.name = "p",
                    .player = d,
                    .every = {options_.penalty_every},
                    .play = [this](const Batch& batch) { return penalty_turn(batch); },
                    .work = work({{Pass::forward, penalises_samples(options_)}}, {{Pass::penalty, penalties}})});
}

Outcome Game::d_turn(const Batch& batch) {
  {
    const at::AutoGradMode graph(!options_.fresh_noise);  // G does not move between the turns: its graph serves both
    fake_ = fake_for_discriminator(batch);
  }
  const Sample fake = detached(fake_), real = real_without_graph(batch);
  const auto [real_logits, fake_logits] = logits_of_both(real, fake);
  at::Tensor loss = discriminator_loss(options_.loss, real_logits, fake_logits, 1 - options_.label_smoothing);
  // The mean over 2N images is half the sum of the means over N; of N pairs there is one mean.
  if (options_.joined_batch && !compares_with_real(options_.loss)) loss = loss / 2;
  Outcome outcome{plus(loss, d_extra(real, fake)),
                  {{"d_loss", loss.detach()},
                   {"d_real", mean_score(options_.loss, real_logits)},
                   {"d_fake", mean_score(options_.loss, fake_logits)}}};
  if (has_penalty(options_) && !is_lazy(options_)) {
    const at::Tensor extra = penalty(real, fake);
    outcome.loss = outcome.loss + extra;
    outcome.scalars.emplace_back("d_penalty", extra.detach());
  }
  return outcome;
}

Outcome Game::g_turn(const Batch& batch) {
  if (options_.fresh_noise) fake_ = fake(batch);
  const Sample fake = std::exchange(fake_, {}), real = this->real(batch);
  const at::Tensor fake_logits = logits(fake, Differentiable::once);
  at::Tensor real_logits;
  if (compares_with_real(options_.loss)) {
    const at::NoGradGuard no_graph;
    real_logits = logits(real, Differentiable::once);
  }
  const at::Tensor loss = generator_loss(options_.loss, fake_logits, real_logits);
  return {plus(loss, g_extra(real, fake)), {{"g_loss", loss.detach()}}};
}

Outcome Game::penalty_turn(const Batch& batch) {
  Sample fake;
  if (penalises_samples(options_)) {
    const at::NoGradGuard no_graph;
    fake = fake_for_discriminator(batch);
  }
  const at::Tensor once = penalty(real_without_graph(batch), fake);
  return {once * options_.penalty_every, {{"d_penalty", once.detach()}}};
}

/// At float images, whatever the networks compute in: bfloat16 has no room for squares of small gradients.
at::Tensor Game::penalty(const Sample& real, const Sample& fake) {
  const at::Tensor x = fake.x.defined() ? fake.x.to(at::kFloat) : fake.x;
  const auto squares = [&](const at::Tensor& images, const at::Tensor& given) {
    return squared_gradients(logits({images, given}, Differentiable::twice), images);
  };
  at::Tensor sum = at::zeros({}, real.x.options());
  if (options_.r1 > 0) {
    sum = sum + options_.r1 * zero_centred_penalty(squares(real.x.clone().requires_grad_(), real.given));
  }
  if (options_.r2 > 0) {
    sum = sum + options_.r2 * zero_centred_penalty(squares(x.clone().requires_grad_(), fake.given));
  }
  if (options_.gradient_penalty > 0) {
    sum = sum + options_.gradient_penalty * one_centred_penalty(squares(between(real.x, x), real.given));
  }
  return sum;
}

std::pair<at::Tensor, at::Tensor> Game::logits_of_both(const Sample& real, const Sample& fake) {
  if (!options_.joined_batch) {
    const at::Tensor of_real = logits(real, Differentiable::once);
    return {of_real, logits(fake, Differentiable::once)};
  }
  const Sample joined{both(real.x, fake.x), both(real.given, fake.given)};
  const auto halves = logits(joined, Differentiable::once).chunk(2);
  return {halves[0], halves[1]};
}

Sample Game::real_without_graph(const Batch& batch) {
  const at::NoGradGuard no_graph;
  return real(batch);
}

Sample Game::fake_for_discriminator(const Batch& batch) {
  const auto set_generators_training = [this](bool on) {
    for (const Player& player : players_) {
      if (player.role != Role::generator) continue;
      for (const std::string& name : player.parts) set_training(part(name).network, on);
    }
  };
  set_generators_training(!options_.inferred_fakes);
  const Sample sample = fake(batch);
  set_generators_training(true);
  return sample;
}

std::vector<Work> Game::work(const Passes& of_g, const Passes& of_d) const {
  std::vector<Work> work;
  for (const Player& player : players_) {
    for (const std::string& part : player.parts) {
      for (const auto& [pass, times] : player.role == Role::generator ? of_g : of_d) {
        if (times > 0) work.push_back({part, pass, times});
      }
    }
  }
  return work;
}

}  // namespace gan
