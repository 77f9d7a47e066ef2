#pragma once

#include <vector>

#include "gan/models/model.h"
#include "gan/run/optimizer.h"
#include "gan/run/options.h"

namespace gan {

/// Takes a turn of a model: the loss, its gradient for the player who moves, and the move.
class Stepper {
 public:
  /// One optimizer for each player, in their order. Holds the model and the optimizers, which outlive it.
  Stepper(Model& model, std::vector<Optimizer>& optimizers, Precision precision);

  void take(const Turn& turn, const Batch& batch);

  /// The scalars of the last of each turn, in the order of the model's turns.
  Scalars scalars() const;

  /// Whether every loss so far was a finite number. Waits for the device.
  bool losses_are_finite() const;

  /// The scalars, by turn, for checkpoints; `load` throws Error.
  Dict state() const;
  void load(const Dict& state);

 private:
  void let_move(size_t player);

  Model& model_;
  std::vector<Optimizer>& optimizers_;
  Precision precision_;
  std::vector<Scalars> scalars_;  ///< by turn
  at::Tensor spoilt_;             ///< 0 as long as every loss was finite, else nan
};

}  // namespace gan
