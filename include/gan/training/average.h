#pragma once

#include <map>
#include <string>

#include "gan/networks/network.h"

namespace gan {

/// The exponential moving average of a network's weights, which make a steadier generator than the weights being
/// trained (Yazici et al. 2019, arXiv:1806.04498): a = d a + (1 - d) w after each step, with
/// d = min(decay, (1 + t) / (10 + t)), so that a short run does not average its beginning. Running averages of batch
/// norms are averaged alike.
class Average {
 public:
  /// Starts at the network's weights and holds the network, which stays on its device. With a decay of 0 nothing is
  /// averaged: the average is the network's own weights.
  Average(const Network& network, double decay);

  void follow();  ///< once a step, after the network has moved

  /// Names and order are the network's.
  Dict state_dict() const;
  int64_t updates() const { return updates_; }

  /// Throws Error unless names, shapes and types are the network's.
  void load(const Dict& state, int64_t updates);

  /// Exchanges the network's weights and their average, in place: all tensors keep their addresses.
  void exchange();

 private:
  Network network_;
  double decay_;
  int64_t updates_ = 0;
  Dict average_;                       ///< empty with a decay of 0
  std::vector<at::Tensor> from_, to_;  ///< the floating-point tensors of network and average, pairwise
};

/// Puts averages in the place of their networks' weights as long as it lives.
class AveragesInPlace {
 public:
  explicit AveragesInPlace(std::map<std::string, Average>& averages) : averages_(averages) { exchange(); }
  ~AveragesInPlace() { exchange(); }
  AveragesInPlace(const AveragesInPlace&) = delete;

 private:
  void exchange() {
    for (auto& [name, average] : averages_) average.exchange();
  }

  std::map<std::string, Average>& averages_;
};

}  // namespace gan
