#include "gan/training/averages.h"

#include <algorithm>

namespace gan {

namespace {

std::vector<at::Tensor> floating_tensors(const Network& network) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, value] : state_dict(network).items) {
    const auto& tensor = std::get<at::Tensor>(value);
    if (tensor.is_floating_point()) tensors.push_back(tensor.detach());
  }
  return tensors;
}

}  // namespace

Average::Average(const Network& source, const Network& copy, double decay)
    : network_(decay > 0 ? copy : source), decay_(decay) {
  if (decay == 0) return;
  load_state_dict(copy, state_dict(source));
  for (auto& parameter : parameters(copy)) parameter.set_requires_grad(false);
  from_ = floating_tensors(source);
  to_ = floating_tensors(copy);
}

void Average::follow() {
  ++updates_;
  if (decay_ == 0) return;
  const double t = static_cast<double>(updates_);
  at::_foreach_lerp_(to_, from_, 1 - std::min(decay_, (1 + t) / (10 + t)));
}

}  // namespace gan
