#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gan/device/cuda_graph.h"
#include "gan/models/model.h"
#include "gan/training/optimizer.h"
#include "gan/training/options.h"

namespace gan {

/// What the last of each turn gave, read back from the device.
struct Losses {
  std::vector<std::pair<std::string, double>> values;  ///< scalars by name, in the order of the model's turns
  bool finite = true;                                  ///< every loss so far
};

/// Takes a turn of a model: the loss, its gradient for the player who moves, and the move.
class Stepper {
 public:
  /// One optimizer for each player, in their order. Holds the model and the optimizers, which outlive it. A recorder,
  /// if there is one, makes each kind of step repeatable once it has been taken a few times.
  Stepper(Model& model, std::vector<Optimizer>& optimizers, Precision precision, Recorder recorder = {});

  /// Takes the turns that are due at a step, counted from 1: all batches are of one size.
  void take_turns(int64_t step, const Batch& batch);
  void take(const Turn& turn, const Batch& batch);

  /// The three parts of a turn: its loss, gradients for the player who moves, the move.
  at::Tensor play(const Turn& turn, const Batch& batch);
  void differentiate(const Turn& turn, const at::Tensor& loss);
  void move(const Turn& turn);

  /// The scalars of the last of each turn, in the order of the model's turns.
  Scalars scalars() const;

  /// Both wait for the device, once: its numbers, and whether every loss so far was a finite one.
  Losses losses() const;
  bool losses_are_finite() const;

  /// The scalars, by turn, for checkpoints; `load` throws Error.
  Dict state() const;
  void load(const Dict& state);

 private:
  using Turns = std::vector<const Turn*>;

  /// Steps in which the same turns are due, done by repeating one of them. Recorded whole, they may hand each other
  /// tensors, as a GAN's turns do that share their noise.
  struct Recording {
    int64_t taken = 0;  ///< steps before it was made
    std::function<void()> repeat;
    std::vector<Scalars> scalars;  ///< by turn; each repetition writes these
  };

  bool repeat(const Turns& turns, const Batch& batch);
  bool record(const Turns& turns, const Batch& batch, Recording& recording);
  void hold(const Batch& batch);
  size_t index(const Turn& turn) const;

  Model& model_;
  std::vector<Optimizer>& optimizers_;
  Precision precision_;
  std::vector<Scalars> scalars_;  ///< by turn
  at::Tensor spoilt_;             ///< 0 as long as every loss was finite, else nan; always the same memory

  Recorder recorder_;
  std::map<Turns, Recording> recordings_;
  Batch held_;  ///< the batch of a recorded step, always the same memory
};

}  // namespace gan
