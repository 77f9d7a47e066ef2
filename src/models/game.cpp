#include "gan/models/game.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "gan/dist/world.h"
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
  return tensor.requires_grad() ? tensor.detach() : tensor;
}

Sample detached(const Sample& sample) {
  return {detached(sample.x), detached(sample.given)};
}

at::Tensor both(const at::Tensor& real, const at::Tensor& fake) {
  return real.defined() ? at::cat({real, fake}) : real;
}

/// Adds them to the loss, and to the scalars that are shown.
void add(const Scalars& extra, const std::string& prefix, Outcome& outcome) {
  for (const auto& [name, value] : extra) {
    outcome.loss = outcome.loss + value;
    outcome.scalars.emplace_back(prefix + name, value.detach());
  }
}

/// || mean f(x) - mean f(G(z)) ||^2 over a batch, of all ranks (Salimans et al. 2016, arXiv:1606.03498, section 3.1).
at::Tensor feature_distance(const at::Tensor& real, const at::Tensor& fake) {
  return mean_over_ranks(real.to(at::kFloat).mean(0) - fake.to(at::kFloat).mean(0)).square().sum();
}

}  // namespace

Game::Game(const GameOptions& options, LatentSpace latents) : Model(std::move(latents)), options_(options) {}

void Game::set_up(std::vector<Part> parts, std::vector<Player> players, Init init) {
  parts_ = std::move(parts);
  players_ = std::move(players);
  for (const Part& part : parts_) initialize(part.network, init);
  d_ = first_of(players_, Role::discriminator), g_ = first_of(players_, Role::generator);
  const double penalties = (options_.r1 > 0) + (options_.r2 > 0) + (options_.gradient_penalty > 0);
  const double judged = judges_real_in_g_turn() ? 2 : 1;  // fake, and perhaps real
  turns_.push_back(
      {.name = "d",
       .player = d_,
       .play = [this](const Batch& batch) { return d_turn(batch); },
       .work = work({{Pass::forward, 1}},
                    {{Pass::forward, 2}, {Pass::backward, 2}, {Pass::penalty, is_lazy(options_) ? 0 : penalties}})});
  turns_.push_back({.name = "g",
                    .player = g_,
                    .every = {options_.d_steps},
                    .play = [this](const Batch& batch) { return g_turn(batch); },
                    .work = work({{Pass::forward, options_.fresh_noise}, {Pass::backward, 1}},
                                 {{Pass::forward, judged}, {Pass::through, 1}})});
  if (!is_lazy(options_)) return;
  turns_.push_back({.name = "p",
                    .player = d_,
                    .every = {options_.penalty_every},
                    .play = [this](const Batch& batch) { return penalty_turn(batch); },
                    .work = work({{Pass::forward, penalises_samples(options_)}}, {{Pass::penalty, penalties}})});
}

at::Tensor Game::draw_latents(const Batch& batch) const {
  return own_noise(batch.images.size(0), [&](int64_t count) { return latents().draw(count, batch.images.device()); });
}

std::pair<at::Tensor, at::Tensor> Game::contest(const Batch& batch) {
  const at::NoGradGuard no_graph;
  const Sample fakes = fake(batch);
  return {judge(real(batch), Differentiable::once).logits.flatten(),
          judge(fakes, Differentiable::once).logits.flatten()};
}

Outcome Game::d_turn(const Batch& batch) {
  {
    const at::AutoGradMode graph(!options_.fresh_noise);  // G does not move between the turns: its graph serves both
    draw_for_discriminator(batch);
  }
  const Sample fake = detached(fake_), real = detached(real_);
  const auto [of_real, of_fake] = look_at_both(real, fake);
  at::Tensor loss = discriminator_loss(options_.loss, of_real.logits, of_fake.logits, 1 - options_.label_smoothing);
  // The mean over 2N images is half the sum of the means over N; of N pairs there is one mean.
  if (options_.joined_batch && !compares_with_real(options_.loss)) loss = loss / 2;
  Outcome outcome{loss,
                  {{"d_loss", loss.detach()},
                   {"d_real", mean_score(options_.loss, of_real.logits)},
                   {"d_fake", mean_score(options_.loss, of_fake.logits)}}};
  add(extra(of_fake), "d_", outcome);
  if (has_penalty(options_) && !is_lazy(options_)) add({{"penalty", penalty(real, fake)}}, "d_", outcome);
  return outcome;
}

Outcome Game::g_turn(const Batch& batch) {
  if (options_.fresh_noise) {
    fake_ = fake(batch);
    if (judges_real_in_g_turn()) real_ = real(batch);
  }
  const Judged of_fake = look_at(std::exchange(fake_, {}), Differentiable::once);
  const Sample real = std::exchange(real_, {});
  Judged of_real;
  if (judges_real_in_g_turn()) {
    const at::AutoGradMode graph(makes_given());
    of_real = look_at(real, Differentiable::once);
  }
  const auto loss_of = makes_given() ? symmetric_generator_loss : generator_loss;
  const at::Tensor loss = loss_of(options_.loss, of_fake.logits, of_real.logits);
  Outcome outcome{loss, {{"g_loss", loss.detach()}}};
  if (options_.feature_matching > 0) {
    const at::Tensor distance = feature_distance(of_real.features, of_fake.features);
    add({{"feature_distance", options_.feature_matching * distance}}, "g_", outcome);
  }
  add(extra(of_fake), "g_", outcome);
  return outcome;
}

Outcome Game::penalty_turn(const Batch& batch) {
  {
    const at::NoGradGuard no_graph;
    if (penalises_samples(options_)) {
      draw_for_discriminator(batch);
    } else {
      real_ = real(batch);
    }
  }
  const at::Tensor once = penalty(std::exchange(real_, {}), std::exchange(fake_, {}));
  return {once * options_.penalty_every, {{"d_penalty", once.detach()}}};
}

/// At float images, whatever the networks compute in: bfloat16 has no room for squares of small gradients.
at::Tensor Game::penalty(const Sample& real, const Sample& fake) {
  const at::Tensor x = fake.x.defined() ? fake.x.to(at::kFloat) : fake.x;
  const auto squares = [&](const at::Tensor& images, const at::Tensor& given) {
    return squared_gradients(look_at({images, given}, Differentiable::twice).logits, images);
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

Judged Game::look_at(const Sample& sample, Differentiable asked) {
  if (options_.diffaugment == Augmentations()) return judge(sample, asked);
  return judge({augmented(sample.x, options_.diffaugment), sample.given}, asked);
}

std::pair<Judged, Judged> Game::look_at_both(const Sample& real, const Sample& fake) {
  if (!options_.joined_batch) {
    const Judged of_real = look_at(real, Differentiable::once);
    return {of_real, look_at(fake, Differentiable::once)};
  }
  const Judged joined = look_at({both(real.x, fake.x), both(real.given, fake.given)}, Differentiable::once);
  const auto logits = joined.logits.chunk(2);
  const auto features = reads_features() ? joined.features.chunk(2) : std::vector<at::Tensor>(2);
  return {{real, features[0], logits[0]}, {fake, features[1], logits[1]}};
}

bool Game::judges_real_in_g_turn() const {
  return makes_given() || compares_with_real(options_.loss) || options_.feature_matching > 0;
}

void Game::draw_for_discriminator(const Batch& batch) {
  const auto set_generators_training = [this](bool on) {
    for (const std::string& name : players_[g_].parts) set_training(part(name).network, on);
  };
  set_generators_training(!options_.inferred_fakes);
  fake_ = fake(batch), real_ = real(batch);
  set_generators_training(true);
}

std::vector<Work> Game::work(const Passes& of_g, const Passes& of_d) const {
  std::vector<Work> work;
  for (const auto& [player, passes] : {std::pair(g_, of_g), {d_, of_d}}) {
    for (const std::string& part : players_[player].parts) {
      for (const auto& [pass, times] : passes) {
        if (times > 0) work.push_back({part, pass, times});
      }
    }
  }
  return work;
}

}  // namespace gan
