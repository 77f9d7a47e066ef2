#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gan/base/numbers.h"
#include "gan/device/cuda_graph.h"
#include "gan/models/model.h"
#include "gan/training/optimizer.h"
#include "gan/training/options.h"

namespace gan {

/// The scalars of the last of each turn, read back from the device.
struct Losses {
  NamedNumbers values;  ///< in the order of the model's turns
  bool finite = true;   ///< every loss so far
};

/// Is called after each piece of a step, with the name of the piece ("d forward"), by those who time them.
using AfterPiece = std::function<void(const std::string& piece)>;

/// What ranks tell each other with their gradients, so that all of them leave the loop at the same step.
struct Notice {
  int signal = 0;      ///< that asked one of them to stop
  double seconds = 0;  ///< of training, by rank 0's clock
};

/// Takes the turns of a model: the loss, its gradient for the player's parts, the optimizer's step. The ranks of
/// `world` take the mean of their gradients, losses and running statistics, so that all have the same bits afterwards.
class Stepper {
 public:
  /// One optimizer for each player, in their order. Holds the model and the optimizers, which outlive it. A recorder,
  /// if there is one, records each kind of step once it has been taken a few times, and from then on repeats it.
  Stepper(Model& model, std::vector<Optimizer>& optimizers, Precision precision, Recorder recorder = {});

  /// Takes the turns that are due at a step, counted from 1: all batches are of one size. With `after` nothing is
  /// recorded.
  void take_turns(int64_t step, const Batch& batch, const AfterPiece& after = {});
  void take(const Turn& turn, const Batch& batch, const AfterPiece& after = {});

  /// What this rank tells the others in the next turns, and what all were told in the last, for which it waits. Alone
  /// nothing is told.
  void tell(const Notice& notice);
  Notice told() const;

  /// Both wait for the device, once: the scalars, and whether every loss so far was finite.
  Losses losses() const;
  bool losses_are_finite() const;

  /// The scalars by turn, for checkpoints; `load` throws Error.
  Dict state() const;
  void load(const Dict& state);

 private:
  using Turns = std::vector<const Turn*>;

  /// Steps in which the same turns are due. Recorded whole, so that turns may hand each other tensors, as a GAN's do
  /// that share their noise.
  struct Recording {
    int64_t taken = 0;  ///< steps before it was made
    std::function<void()> repeat;
    std::vector<Scalars> scalars;  ///< by turn; each repetition writes these
  };

  at::Tensor forward(const Turn& turn, const Batch& batch);
  void share_with_ranks(const Turn& turn);
  bool repeat(const Turns& turns, const Batch& batch);
  bool record(const Turns& turns, const Batch& batch, Recording& recording);
  void hold(const Batch& batch);
  size_t index(const Turn& turn) const;

  Model& model_;
  std::vector<Optimizer>& optimizers_;
  Precision precision_;
  std::vector<Scalars> scalars_;  ///< by turn
  at::Tensor non_finite_;         ///< 0 as long as every loss was finite, else nan; always the same memory

  at::Device exchange_;               ///< where the ranks sum what they share
  at::Tensor own_notice_, all_told_;  ///< there, always the same memory: see tell

  Recorder recorder_;
  std::map<Turns, Recording> recordings_;
  Batch held_;  ///< the batch of a recorded step, always the same memory
};

}  // namespace gan
