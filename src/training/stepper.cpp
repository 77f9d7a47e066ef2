#include "gan/training/stepper.h"

#include <ATen/autocast_mode.h>

namespace gan {

namespace {

/// Runs convolutions and matrix products in bfloat16 as long as it lives, if asked to. The copies of weights that it
/// caches live no longer, so a step recorded whole makes its own.
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

Stepper::Stepper(Model& model, std::vector<Optimizer>& optimizers, Precision precision, Recorder recorder)
    : model_(model),
      optimizers_(optimizers),
      precision_(precision),
      scalars_(model.turns().size()),
      spoilt_(at::zeros({}, optimizers.front().parameters().front().options().requires_grad(false))),
      recorder_(std::move(recorder)) {}

void Stepper::take_turns(int64_t step, const Batch& batch) {
  Turns due;
  for (const Turn& turn : model_.turns()) {
    if (turn.every.due(step, 1)) due.push_back(&turn);
  }
  if (recorder_ && repeat(due, batch)) return;
  for (const Turn* turn : due) take(*turn, batch);
}

void Stepper::take(const Turn& turn, const Batch& batch) {
  const at::Tensor loss = play(turn, batch);
  differentiate(turn, loss);
  move(turn);
}

at::Tensor Stepper::play(const Turn& turn, const Batch& batch) {
  const Autocast autocast(precision_, batch.images.device().type());
  Outcome outcome = model_.play(turn, batch);
  spoilt_.add_(outcome.loss.detach(), 0);  // 0 times inf is nan, and nan stays
  scalars_[index(turn)] = std::move(outcome.scalars);
  return outcome.loss;
}

void Stepper::differentiate(const Turn& turn, const at::Tensor& loss) {
  Optimizer& optimizer = optimizers_[turn.player];
  optimizer.zero_grad();
  loss.backward({}, /*retain_graph=*/std::nullopt, /*create_graph=*/false, optimizer.parameters());
}

void Stepper::move(const Turn& turn) {
  optimizers_[turn.player].step();
}

/// False if these turns are still, or for good, to be taken one by one.
bool Stepper::repeat(const Turns& turns, const Batch& batch) {
  Recording& recording = recordings_[turns];
  if (!recording.repeat && !record(turns, batch, recording)) return false;
  hold(batch);
  recording.repeat();
  for (const Turn* turn : turns) scalars_[index(*turn)] = recording.scalars[index(*turn)];
  return true;
}

bool Stepper::record(const Turns& turns, const Batch& batch, Recording& recording) {
  constexpr int64_t kWarmUp = 3;  // the first steps choose kernels and make what these keep
  if (++recording.taken <= kWarmUp) return false;
  hold(batch);
  recording.repeat = recorder_([this, turns, &recording] {
    for (const Turn* turn : turns) take(*turn, held_);
    recording.scalars = scalars_;
  });
  if (recording.repeat) return true;
  recorder_ = {};
  recordings_.clear();
  return false;
}

void Stepper::hold(const Batch& batch) {
  for (const auto& [from, to] : {std::pair(batch.images, &held_.images), {batch.labels, &held_.labels}}) {
    if (!from.defined()) continue;
    if (!to->defined()) *to = at::empty_like(from);
    to->copy_(from);
  }
}

size_t Stepper::index(const Turn& turn) const {
  return static_cast<size_t>(&turn - model_.turns().data());
}

Scalars Stepper::scalars() const {
  Scalars all;
  for (const auto& scalars : scalars_) all.insert(all.end(), scalars.begin(), scalars.end());
  return all;
}

bool Stepper::losses_are_finite() const {
  return spoilt_.item<double>() == 0;
}

Losses Stepper::losses() const {
  std::vector<at::Tensor> tensors{spoilt_};
  for (const auto& [name, value] : scalars()) tensors.push_back(value);
  const at::Tensor numbers = at::stack(tensors).to(at::kCPU, at::kDouble);
  const double* number = numbers.const_data_ptr<double>();
  Losses losses{.finite = *number == 0};
  for (const auto& [name, value] : scalars()) losses.values.emplace_back(name, *++number);
  return losses;
}

Dict Stepper::state() const {
  Dict state;
  const Losses losses = this->losses();
  auto number = losses.values.begin();
  for (size_t i = 0; i < scalars_.size(); ++i) {
    Dict turn;
    for (size_t k = 0; k < scalars_[i].size(); ++k, ++number) turn.set(number->first, number->second);
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
      scalars_[i].emplace_back(name, at::scalar_tensor(turn.get<double>(name), spoilt_.options()));
    }
  }
  spoilt_.zero_();
}

}  // namespace gan
