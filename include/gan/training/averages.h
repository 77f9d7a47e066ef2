#pragma once

#include "gan/networks/network.h"

namespace gan {

/// The exponential moving average of a network's weights, a steadier generator than the one being trained (Yazici et
/// al. 2019, arXiv:1806.04498): a = d a + (1 - d) w after each step, with d = min(decay, (1 + t) / (10 + t)) so that a
/// short run does not average its beginning. Running averages of batch norms are averaged alike.
class Average {
 public:
  /// `network` is a copy of `source` and becomes the average; both stay on their device. With a decay of 0 nothing is
  /// averaged and `network()` is the source itself.
  Average(const Network& source, const Network& copy, double decay);

  void follow();  ///< once a step, after the source has moved

  const Network& network() const { return network_; }
  int64_t updates() const { return updates_; }
  void set_updates(int64_t updates) { updates_ = updates; }

 private:
  Network network_;
  double decay_;
  int64_t updates_ = 0;
  std::vector<at::Tensor> from_, to_;  ///< the floating-point tensors of source and average, pairwise
};

}  // namespace gan
