#include "gan/training/optimizer.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gan/base/error.h"

namespace gan {

namespace {

/// All numbers of a tensor in the order in which they lie in memory. The fused kernels copy what is not contiguous.
at::Tensor flat(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.is_non_overlapping_and_dense(), "Optimizer: a tensor with gaps");
  return tensor.as_strided({tensor.numel()}, {1});
}

}  // namespace

double learning_rate_at(const OptimizerOptions& options, int64_t step) {
  if (options.decay_after == 0) return options.learning_rate;
  const double t = static_cast<double>(step) / static_cast<double>(options.decay_after);
  return options.learning_rate / std::sqrt(std::max(t, 1.0));
}

Optimizer::Optimizer(const std::vector<std::pair<std::string, at::Tensor>>& parameters, const OptimizerOptions& options)
    : options_(options), rate_(learning_rate_at(options, 1)) {
  const bool adam = options.kind == OptimizerKind::adam;
  const bool momentum = options.kind == OptimizerKind::sgd && options.momentum > 0;  // the kernel takes none otherwise
  for (const auto& [name, values] : parameters) {
    names_.push_back(name);
    parameters_.push_back(values);
    flat_.push_back(flat(values.detach()));
    if (adam || momentum) first_.push_back(at::zeros_like(flat_.back()));
    if (adam || options.kind == OptimizerKind::rmsprop) second_.push_back(at::zeros_like(flat_.back()));
    if (options.historical_averaging > 0) history_.push_back(at::zeros_like(flat_.back()));
  }
  if (!history_.empty()) history_steps_ = at::zeros({}, flat_.front().options());
  if (options.decay_after > 0 && flat_.front().is_cuda()) rate_on_gpu_ = at::full({}, rate_, flat_.front().options());
  if (!adam) return;
  all_steps_ = at::zeros({static_cast<int64_t>(parameters_.size())}, flat_.front().options());
  for (int64_t i = 0; i < all_steps_.numel(); ++i) steps_.push_back(all_steps_[i]);
}

void Optimizer::set_step(int64_t step) {
  rate_ = learning_rate_at(options_, step);
  if (rate_on_gpu_.defined()) rate_on_gpu_.fill_(rate_);
}

template <class Move>
void Optimizer::with_rate(const Move& move) const {
  rate_on_gpu_.defined() ? move(rate_on_gpu_) : move(rate_);
}

void Optimizer::zero_grad() {
  for (auto& parameter : parameters_) parameter.mutable_grad().reset();
}

Optimizer::Moving Optimizer::moving() const {
  Moving moving;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& parameter = parameters_[i];
    at::Tensor gradient = parameter.grad();
    if (!gradient.defined() && history_.empty()) continue;  // the loss does not depend on it
    if (!gradient.defined()) gradient = at::zeros_like(parameter.detach());
    if (gradient.strides() != parameter.strides()) gradient = at::empty_like(parameter.detach()).copy_(gradient);
    moving.weights.push_back(flat_[i]);
    moving.gradients.push_back(flat(gradient));
    if (!first_.empty()) moving.first.push_back(first_[i]);
    if (!second_.empty()) moving.second.push_back(second_[i]);
    if (!steps_.empty()) moving.steps.push_back(steps_[i]);
    if (!history_.empty()) moving.history.push_back(history_[i]);
  }
  return moving;
}

void Optimizer::step() {
  const at::NoGradGuard no_grad;
  const Moving m = moving();
  if (m.weights.empty()) return;
  if (!history_.empty()) pull_to_history(m);
  move(m);
  if (options_.weight_clip > 0) {
    at::_foreach_clamp_min_(m.weights, -options_.weight_clip);
    at::_foreach_clamp_max_(m.weights, options_.weight_clip);
  }
}

void Optimizer::pull_to_history(const Moving& m) {
  history_steps_.add_(1);
  const std::vector<at::Tensor> parts(m.weights.size(), history_steps_.reciprocal());
  at::_foreach_lerp_(m.history, m.weights, parts);
  at::_foreach_add_(m.gradients, at::_foreach_sub(m.weights, m.history), 2 * options_.historical_averaging);
}

void Optimizer::move(const Moving& m) {
  switch (options_.kind) {
    case OptimizerKind::adam:
      if (moves_all(m)) {
        all_steps_.add_(1);  // one call instead of one for each
      } else {
        at::_foreach_add_(m.steps, 1);
      }
      options_.epsilon_hat ? move_by_adam_with_epsilon_hat(m) : move_by_adam(m);
      return;
    case OptimizerKind::sgd:
      with_rate([&](const auto& rate) {
        at::_fused_sgd_(m.weights, m.gradients, m.first, /*weight_decay=*/0, options_.momentum, rate, /*dampening=*/0,
                        options_.nesterov, /*maximize=*/false, /*is_first_step=*/false);
      });
      return;
    case OptimizerKind::rmsprop: {
      at::_foreach_mul_(m.second, options_.rms_decay);
      at::_foreach_addcmul_(m.second, m.gradients, m.gradients, 1 - options_.rms_decay);
      std::vector<at::Tensor> scale = at::_foreach_sqrt(m.second);
      at::_foreach_add_(scale, options_.epsilon);
      if (rate_on_gpu_.defined()) {
        at::_foreach_div_(scale, rate_on_gpu_);
        at::_foreach_addcdiv_(m.weights, m.gradients, scale, -1);
      } else {
        at::_foreach_addcdiv_(m.weights, m.gradients, scale, -rate_);
      }
      return;
    }
  }
}

bool Optimizer::moves_all(const Moving& m) const {
  return m.steps.size() == steps_.size();
}

void Optimizer::move_by_adam(const Moving& m) {
  with_rate([&](const auto& rate) {
    at::_fused_adam_(m.weights, m.gradients, m.first, m.second, /*max_exp_avg_sqs=*/{}, m.steps, rate, options_.beta1,
                     options_.beta2, /*weight_decay=*/0, options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  });
}

/// The same kernel at t = infinity, where its own corrections are 1, with the corrected learning rate. That stays on
/// the device, since a step recorded there repeats what was computed on the host.
void Optimizer::move_by_adam_with_epsilon_hat(const Moving& m) {
  const at::Tensor t = (moves_all(m) ? all_steps_ : at::stack(m.steps)).to(at::kDouble);
  const auto correction = [&](double beta) { return 1 - at::pow(beta, t); };
  at::Tensor rates;
  with_rate([&](const auto& rate) {
    rates = (rate * correction(options_.beta2).sqrt() / correction(options_.beta1)).to(at::kFloat);
  });
  const at::Tensor never = at::full_like(m.steps[0], std::numeric_limits<float>::infinity());
  const auto move_one = [&](size_t i, const auto& rate) {
    at::_fused_adam_(m.weights[i], m.gradients[i], m.first[i], m.second[i], /*max_exp_avg_sqs=*/{}, never, rate,
                     options_.beta1, options_.beta2, /*weight_decay=*/0, options_.epsilon, /*amsgrad=*/false,
                     /*maximize=*/false);
  };
  for (size_t i = 0; i < m.weights.size(); ++i) {
    if (rates.is_cpu()) {
      move_one(i, double{rates.const_data_ptr<float>()[i]});
    } else {
      move_one(i, rates[static_cast<int64_t>(i)]);
    }
  }
}

Dict Optimizer::state() const {
  Dict state{{{"first", by_name(first_)}, {"second", by_name(second_)}, {"steps", by_name(steps_)}}};
  if (history_.empty()) return state;
  state.set("history", by_name(history_));
  state.set("history_steps", history_steps_);
  return state;
}

void Optimizer::load(const Dict& state) {
  const at::NoGradGuard no_grad;
  const std::array<std::pair<const char*, std::vector<at::Tensor>*>, 4> parts{
      {{"first", &first_}, {"second", &second_}, {"steps", &steps_}, {"history", &history_}}};
  for (const auto& [key, tensors] : parts) {
    if (tensors->empty()) continue;
    const Dict& given = state.get<Dict>(key);
    for (size_t i = 0; i < tensors->size(); ++i) {
      const at::Tensor own = shaped(i, (*tensors)[i]);
      const auto& values = given.get<at::Tensor>(names_[i]);
      if (values.sizes() != own.sizes() || values.scalar_type() != own.scalar_type()) {
        throw Error("the optimizer's state of '" + names_[i] + "' does not fit the network");
      }
      own.copy_(values);
    }
  }
  if (history_.empty()) return;
  const auto& steps = state.get<at::Tensor>("history_steps");
  if (steps.dim() != 0 || steps.scalar_type() != at::kFloat) throw Error("'history_steps': expected one number");
  history_steps_.copy_(steps);
}

Dict Optimizer::by_name(const std::vector<at::Tensor>& tensors) const {
  Dict dict;
  for (size_t i = 0; i < tensors.size(); ++i) dict.set(names_[i], shaped(i, tensors[i]));
  return dict;
}

at::Tensor Optimizer::shaped(size_t i, const at::Tensor& tensor) const {
  return tensor.dim() == 0 ? tensor : tensor.as_strided(parameters_[i].sizes(), parameters_[i].strides());
}

}  // namespace gan
