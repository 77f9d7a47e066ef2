#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gan/data/batches.h"
#include "gan/data/dataset.h"
#include "gan/models/model.h"
#include "gan/networks/build.h"
#include "gan/run/average.h"
#include "gan/run/checkpoint.h"
#include "gan/run/folder.h"
#include "gan/run/metrics_log.h"
#include "gan/run/optimizer.h"
#include "gan/run/options.h"
#include "gan/run/progress.h"
#include "gan/run/stepper.h"

namespace gan {

/// Runs a model's turns over a data set until the run is over, and does what is due in between. Its loop knows
/// players and turns, not what a GAN is.
class Trainer {
 public:
  /// Builds everything, seeded by the options, on their device; writes nothing. `data` is on the CPU. Options and data
  /// are validated. Throws Error.
  Trainer(const Options& options, const Dataset& data);

  /// Goes on from a checkpoint: afterwards everything is as it was when it was written. Throws Error if it does not
  /// fit.
  void load(const Dict& checkpoint);

  /// Trains to the end, or until a signal asks to stop, and leaves grids, metrics, checkpoints and g.pt in the folder.
  /// Throws Error if they cannot be written.
  void run(const RunFolder& folder, Progress& progress);

  /// Layer tables of the players.
  std::string summary() const;

  at::Device device() const { return device_; }
  int64_t step() const { return step_; }
  bool finished() const;
  double seconds() const;  ///< of training, over all sittings of the run
  TrainedGenerator generator() const;

 private:
  struct Task {
    Every every;
    std::function<void()> run;
    int64_t last_step = -1;
  };

  void begin(const RunFolder& folder, Progress& progress);
  void advance(const Batch& batch);
  void do_tasks();
  void do_last_tasks();
  void log();
  void draw_sample();
  void save();
  Dict checkpoint();
  Standing standing();

  Options options_;
  at::Device device_;
  ImageShape images_;
  int64_t image_count_;  ///< that the run uses
  NetworkPair networks_;
  std::unique_ptr<Model> model_;
  std::vector<Optimizer> optimizers_;  ///< by player
  std::unique_ptr<Stepper> stepper_;
  Average average_;
  Batches batches_;
  at::Tensor real_;  ///< uint8 [grid, C, H, W], for real.png

  int64_t step_ = 0, images_seen_ = 0;
  double seconds_before_ = 0;  ///< in earlier sittings
  double started_ = 0;         ///< clock at the start of this one; 0 before it
  int64_t metrics_bytes_ = 0;

  const RunFolder* folder_ = nullptr;  ///< while `run` runs, as are the next ones
  Progress* progress_ = nullptr;
  std::unique_ptr<MetricsLog> metrics_;
  std::vector<Task> tasks_;
  Standing standing_;
  double logged_seconds_ = 0;  ///< at the last line of metrics
  int64_t logged_images_ = 0;
};

}  // namespace gan
