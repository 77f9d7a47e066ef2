#include "gan/run/stepper.h"

#include <ATen/autocast_mode.h>

namespace gan {

namespace {

/// Runs convolutions and matrix products in bfloat16 as long as it lives, if asked to.
class Autocast {
 public:
  Autocast(Precision precision, at::DeviceType device) : device_(device), on_(precision == Precision::bf16) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
  }
  ~Autocast() {
    if (!on_) return;
    at::autocast::set_autocast_enabled(device_, false);
    at::autocast::clear_cache();  // it holds bfloat16 copies of weights that are about to move
  }
  Autocast(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool on_;
};

}  // namespace

Stepper::Stepper(Model& model, std::vector<Optimizer>& optimizers, Precision precision)
    : model_(model), optimizers_(optimizers), precision_(precision), scalars_(model.turns().size()) {}

void Stepper::take(const Turn& turn, const Batch& batch) {
  Optimizer& optimizer = optimizers_[turn.player];
  let_move(turn.player);
  optimizer.zero_grad();
  {
    const Autocast autocast(precision_, batch.images.device().type());
    Outcome outcome = model_.play(turn, batch);
    const at::Tensor loss = outcome.loss.detach();
    spoilt_ = spoilt_.defined() ? spoilt_.add(loss, 0) : loss * 0;  // 0 times inf is nan, and nan stays
    scalars_[static_cast<size_t>(&turn - model_.turns().data())] = std::move(outcome.scalars);
    outcome.loss.backward();
  }
  optimizer.step();
}

Scalars Stepper::scalars() const {
  Scalars all;
  for (const auto& scalars : scalars_) all.insert(all.end(), scalars.begin(), scalars.end());
  return all;
}

bool Stepper::losses_are_finite() const {
  return !spoilt_.defined() || spoilt_.item<double>() == 0;
}

Dict Stepper::state() const {
  Dict state;
  for (size_t i = 0; i < scalars_.size(); ++i) {
    Dict turn;
    for (const auto& [name, value] : scalars_[i]) turn.set(name, value.item<double>());
    state.set(model_.turns()[i].name, turn);
  }
  return state;
}

void Stepper::load(const Dict& state) {
  for (size_t i = 0; i < scalars_.size(); ++i) {
    scalars_[i].clear();
    const Dict& turn = state.get<Dict>(model_.turns()[i].name);
    for (const auto& [name, value] : turn.items) {
      const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos;
      if (!plain) throw Error("'" + name + "' is no name of a loss");  // it goes into metrics.jsonl
      scalars_[i].emplace_back(name, at::scalar_tensor(turn.get<double>(name)));
    }
  }
  spoilt_ = at::Tensor();
}

void Stepper::let_move(size_t player) {
  const auto& players = model_.players();
  for (size_t i = 0; i < players.size(); ++i) {
    for (auto& parameter : parameters(players[i].network)) parameter.set_requires_grad(i == player);
  }
}

}  // namespace gan
