#include "gan/run/optimizer.h"

#include <ATen/core/grad_mode.h>

namespace gan {

namespace {

Dict by_name(const std::vector<std::string>& names, const std::vector<at::Tensor>& tensors) {
  Dict dict;
  for (size_t i = 0; i < tensors.size(); ++i) dict.set(names[i], tensors[i]);
  return dict;
}

void copy_by_name(const Dict& from, const std::vector<std::string>& names, std::vector<at::Tensor>& to) {
  for (size_t i = 0; i < to.size(); ++i) {
    const auto& given = from.get<at::Tensor>(names[i]);
    if (given.sizes() != to[i].sizes() || given.scalar_type() != to[i].scalar_type()) {
      throw Error("the optimizer's state of '" + names[i] + "' does not fit the network");
    }
    to[i].copy_(given);
  }
}

}  // namespace

Optimizer::Optimizer(const Network& network, const OptimizerOptions& options) : options_(options) {
  const bool adam = options.kind == OptimizerKind::adam;
  for (const auto& [name, values] : named_parameters(network)) {
    names_.push_back(name);
    parameters_.push_back(values);
    const at::Tensor zeros = at::zeros_like(values.detach());
    const bool momentum =
        options.kind == OptimizerKind::sgd && options.momentum > 0;  // the kernel takes none otherwise
    if (adam || momentum) first_.push_back(zeros);
    if (adam || options.kind == OptimizerKind::rmsprop) second_.push_back(zeros.clone());
    if (adam) steps_.push_back(at::zeros({}, values.options().requires_grad(false)));
  }
}

void Optimizer::zero_grad() {
  for (auto& parameter : parameters_) parameter.mutable_grad().reset();
}

std::vector<at::Tensor> Optimizer::gradients() const {
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters_) {
    at::Tensor gradient = parameter.grad();
    TORCH_CHECK(gradient.defined(), "Optimizer: a parameter has no gradient");
    // The fused kernels walk through memory without a look at strides.
    if (gradient.strides() != parameter.strides()) gradient = at::empty_like(parameter.detach()).copy_(gradient);
    gradients.push_back(gradient);
  }
  return gradients;
}

void Optimizer::step() {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = this->gradients();
  switch (options_.kind) {
    case OptimizerKind::adam:
      at::_foreach_add_(steps_, 1);
      at::_fused_adam_(parameters_, gradients, first_, second_, /*max_exp_avg_sqs=*/{}, steps_, options_.learning_rate,
                       options_.beta1, options_.beta2, /*weight_decay=*/0, options_.epsilon, /*amsgrad=*/false,
                       /*maximize=*/false);
      return;
    case OptimizerKind::sgd:
      at::_fused_sgd_(parameters_, gradients, first_, /*weight_decay=*/0, options_.momentum, options_.learning_rate,
                      /*dampening=*/0, options_.nesterov, /*maximize=*/false, /*is_first_step=*/false);
      return;
    case OptimizerKind::rmsprop: {
      at::_foreach_mul_(second_, options_.rms_decay);
      at::_foreach_addcmul_(second_, gradients, gradients, 1 - options_.rms_decay);
      std::vector<at::Tensor> scale = at::_foreach_sqrt(second_);
      at::_foreach_add_(scale, options_.epsilon);
      at::_foreach_addcdiv_(parameters_, gradients, scale, -options_.learning_rate);
      return;
    }
  }
}

Dict Optimizer::state() const {
  return {
      {{"first", by_name(names_, first_)}, {"second", by_name(names_, second_)}, {"steps", by_name(names_, steps_)}}};
}

void Optimizer::load(const Dict& state) {
  const at::NoGradGuard no_grad;
  copy_by_name(state.get<Dict>("first"), names_, first_);
  copy_by_name(state.get<Dict>("second"), names_, second_);
  copy_by_name(state.get<Dict>("steps"), names_, steps_);
}

}  // namespace gan
