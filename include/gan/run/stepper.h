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

 private:
  void let_move(size_t player);

  Model& model_;
  std::vector<Optimizer>& optimizers_;
  Precision precision_;
  std::vector<Scalars> scalars_;  ///< by turn
};

}  // namespace gan
