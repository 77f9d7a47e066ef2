#include "gan/training/average.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "gan/base/error.h"

namespace gan {

Average::Average(const Network& network, double decay) : network_(network), decay_(decay) {
  if (decay == 0) return;
  for (const auto& [name, value] : gan::state_dict(network).items) {
    const at::Tensor own = std::get<at::Tensor>(value).detach();
    const at::Tensor average = own.clone();
    average_.set(name, average);
    if (!own.is_floating_point()) continue;
    from_.push_back(own);
    to_.push_back(average);
  }
}

void Average::follow() {
  ++updates_;
  if (decay_ == 0) return;
  const double t = static_cast<double>(updates_);
  at::_foreach_lerp_(to_, from_, 1 - std::min(decay_, (1 + t) / (10 + t)));
}

Dict Average::state_dict() const {
  return decay_ == 0 ? gan::state_dict(network_) : average_;
}

void Average::load(const Dict& state, int64_t updates) {
  updates_ = updates;
  if (decay_ == 0) return;
  copy_state(state, average_);
}

void Average::exchange() {
  if (decay_ == 0) return;
  const at::NoGradGuard no_grad;
  for (const auto& [name, value] : gan::state_dict(network_).items) {
    const at::Tensor own = std::get<at::Tensor>(value).detach(), average = average_.get<at::Tensor>(name);
    const at::Tensor before = own.clone();
    own.copy_(average);
    average.copy_(before);
  }
}

}  // namespace gan
