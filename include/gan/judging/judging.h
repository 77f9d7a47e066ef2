#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gan/base/numbers.h"
#include "gan/judging/evaluator.h"
#include "gan/judging/watchdog.h"
#include "gan/models/game.h"

namespace gan {

/// The evaluation with the smallest distance to real images, and the last one.
struct Best {
  int64_t step = -1;  ///< -1: none yet
  double distance = 0;
  std::string name;   ///< "mnist_fd"
  std::string ruler;  ///< what measured it: distances by different ones are not comparable
  double last_distance = 0;
};

/// The result of judging samples.
struct Verdict {
  NamedNumbers scores;  ///< the distance to real images first
  bool best = false;    ///< the smallest distance so far
  std::vector<std::string> faults;
};

/// Watches a run: its losses, and its samples beside real images. Writes nothing.
class Judging {
 public:
  /// `real_images`: those that the run trains on, uint8 [N, C, H, W], on the CPU.
  Judging(const GameOptions& game, at::Tensor real_images);

  /// Without an evaluator samples are not scored, but grids still reveal a dead G.
  void set_evaluator(std::optional<Evaluator> evaluator) { evaluator_ = std::move(evaluator); }
  const std::optional<Evaluator>& evaluator() const { return evaluator_; }

  /// Scores samples, uint8 [N, C, H, W]. An evaluator, or a number of samples, other than last time starts anew. Throws
  /// Error.
  Verdict judge(const at::Tensor& samples);

  /// Records this step's verdict as the best so far. Call it once g-best.pt is on the disk.
  void keep(const Verdict& verdict, int64_t step);

  /// Faults that the losses of a log show, and those of a grid's samples.
  std::vector<std::string> logged(const NamedNumbers& losses) { return watchdog_.logged(losses); }
  std::vector<std::string> drawn(const at::Tensor& samples);

  const Best& best() const { return best_; }

  /// Forgets what the watchdog has seen, so that it does not report the same fault right after a rollback. The best
  /// stays: its file is still there.
  void restart_watchdog() { watchdog_ = fresh_watchdog(); }

  /// For checkpoints; `load` throws Error.
  Dict state() const;
  void load(const Dict& state);

 private:
  Watchdog fresh_watchdog() const;
  double relative_spread(const at::Tensor& samples);

  GameOptions game_;
  at::Tensor real_images_;
  std::optional<double> real_spread_;
  std::optional<Evaluator> evaluator_;
  Best best_;
  Watchdog watchdog_;
};

}  // namespace gan
