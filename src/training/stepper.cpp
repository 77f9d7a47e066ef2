#include "gan/training/stepper.h"

#include <ATen/autocast_mode.h>

#include "gan/base/stop.h"
#include "gan/dist/world.h"

namespace gan {

namespace {

/// Computes convolutions and matrix products in bfloat16 as long as it lives, if asked to. Its cached copies of weights
/// go with it, so a recorded step makes its own.
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
    at::autocast::clear_cache();  // the optimizer is about to change the weights that it holds copies of
  }
  Autocast(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool on_;
};

/// The numbers of a gradient in the order in which the parameter's lie in memory, float.
at::Tensor in_memory_order(const at::Tensor& gradient, const at::Tensor& parameter) {
  const bool alike = gradient.strides() == parameter.strides() && gradient.scalar_type() == at::kFloat;
  const at::Tensor values = alike ? gradient : at::empty_like(parameter.detach()).copy_(gradient);
  return values.as_strided({values.numel()}, {1});
}

}  // namespace

Stepper::Stepper(Model& model, std::vector<Optimizer>& optimizers, Precision precision, Recorder recorder)
    : model_(model),
      optimizers_(optimizers),
      precision_(precision),
      scalars_(model.turns().size()),
      non_finite_(at::zeros({}, optimizers.front().parameters().front().options().requires_grad(false))),
      exchange_(Group::place_of_sums(non_finite_.device())),
      own_notice_(at::zeros({1 + std::ssize(kStopSignals)}, exchange_)),
      all_told_(at::zeros_like(own_notice_)),
      recorder_(std::move(recorder)) {}

void Stepper::take_turns(int64_t step, const Batch& batch, const AfterPiece& after) {
  Turns due;
  for (const Turn& turn : model_.turns()) {
    if (turn.every.due(step, 1)) due.push_back(&turn);
  }
  const bool recordable = world().group.alone() || exchange_ == non_finite_.device();  // no copies to the CPU
  if (recorder_ && !after && recordable && repeat(due, batch)) return;
  for (const Turn* turn : due) take(*turn, batch, after);
}

void Stepper::take(const Turn& turn, const Batch& batch, const AfterPiece& after) {
  Optimizer& optimizer = optimizers_[turn.player];
  const at::Tensor loss = forward(turn, batch);
  if (after) after(turn.name + " forward");
  optimizer.zero_grad();
  const at::Tensor part = world().group.alone() ? at::Tensor() : at::full_like(loss, 1.0 / world().group.size());
  loss.backward(part, /*retain_graph=*/std::nullopt, /*create_graph=*/false, optimizer.parameters());
  if (after) after(turn.name + " backward");
  if (!world().group.alone()) share_with_ranks(turn);
  optimizer.step();
  if (after) after(turn.name + " optimizer");
}

at::Tensor Stepper::forward(const Turn& turn, const Batch& batch) {
  const Autocast autocast(precision_, batch.images.device().type());
  Outcome outcome = turn.play(batch);
  non_finite_.add_(outcome.loss.detach(), 0);  // 0 times inf is nan, and nan stays
  scalars_[index(turn)] = std::move(outcome.scalars);
  return outcome.loss;
}

/// All in one exchange: over a network each costs a round trip. Gradients are of the loss divided by the number of
/// ranks, so that their sum is the mean; the optimizer reads them where the exchange left them.
void Stepper::share_with_ranks(const Turn& turn) {
  const at::NoGradGuard no_graph;
  const Group& group = world().group;
  std::vector<at::Tensor> means{non_finite_}, flat{own_notice_};
  for (auto& [name, value] : scalars_[index(turn)]) means.push_back(value = value.clone());
  if (!world().synchronized) {
    for (const Part& part : model_.parts()) {
      // Their versions stay: a graph that G's turn has yet to go through holds them, and does not read them.
      for (const at::Tensor& values : running_statistics(part.network)) means.push_back(values.variable_data());
    }
  }
  for (const at::Tensor& values : means) flat.push_back(values.flatten().to(exchange_, at::kFloat));
  std::vector<at::Tensor> moved;
  for (const at::Tensor& parameter : optimizers_[turn.player].parameters()) {
    if (!parameter.grad().defined()) continue;
    moved.push_back(parameter);
    flat.push_back(in_memory_order(parameter.grad(), parameter).to(exchange_));
  }
  const at::Tensor all = at::cat(flat);
  group.sum(all);

  int64_t begin = 0;
  const auto next = [&](int64_t count) { return all.narrow(0, std::exchange(begin, begin + count), count); };
  all_told_.copy_(next(all_told_.numel()));
  for (at::Tensor& values : means) values.copy_(next(values.numel()).div_(group.size()).view_as(values));
  for (at::Tensor& parameter : moved) {
    const at::Tensor sum = next(parameter.numel()).to(parameter.device());
    parameter.mutable_grad() = sum.as_strided(parameter.sizes(), parameter.strides());
  }
}

void Stepper::tell(const Notice& notice) {
  if (world().group.alone()) return;
  std::vector<float> numbers{world().group.leads() ? static_cast<float>(notice.seconds) : 0};
  for (const int signal : kStopSignals) numbers.push_back(notice.signal == signal ? 1 : 0);
  own_notice_.copy_(at::tensor(numbers));
}

Notice Stepper::told() const {
  if (world().group.alone()) return {};
  const at::Tensor numbers = all_told_.cpu();
  const float* number = numbers.const_data_ptr<float>();
  Notice notice{.seconds = *number};
  for (const int signal : kStopSignals) {
    if (*++number > 0) notice.signal = signal;
  }
  return notice;
}

/// False if these turns must be taken one by one: still, or for good.
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

bool Stepper::losses_are_finite() const {
  return non_finite_.item<double>() == 0;
}

Losses Stepper::losses() const {
  std::vector<at::Tensor> tensors{non_finite_};
  for (const Scalars& scalars : scalars_) {
    for (const auto& [name, value] : scalars) tensors.push_back(value);
  }
  const at::Tensor numbers = at::stack(tensors).to(at::kCPU, at::kDouble);
  const double* number = numbers.const_data_ptr<double>();
  Losses losses{.finite = *number == 0};
  for (const Scalars& scalars : scalars_) {
    for (const auto& [name, value] : scalars) losses.values.emplace_back(name, *++number);
  }
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
      if (!plain) throw Error("'" + name + "' is not the name of a loss");  // it goes into metrics.jsonl
      scalars_[i].emplace_back(name, at::scalar_tensor(turn.get<double>(name), non_finite_.options()));
    }
  }
  non_finite_.zero_();
}

}  // namespace gan
