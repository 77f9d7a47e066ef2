#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gan/data/batches.h"
#include "gan/data/dataset.h"
#include "gan/judging/evaluator.h"
#include "gan/judging/watchdog.h"
#include "gan/models/model.h"
#include "gan/networks/build.h"
#include "gan/run/checkpoint.h"
#include "gan/run/folder.h"
#include "gan/run/metrics_log.h"
#include "gan/run/progress.h"
#include "gan/training/averages.h"
#include "gan/training/optimizer.h"
#include "gan/training/options.h"
#include "gan/training/stepper.h"

namespace gan {

/// A run is no use going on with as it stands: its losses or weights are no finite numbers any more, or its watchdog
/// barked. If that is to be answered by going back, `well_until` is the step up to which it was well.
class Diverged : public std::runtime_error {
 public:
  explicit Diverged(const std::string& what, std::optional<int64_t> well_until = {})
      : std::runtime_error(what), well_until(well_until) {}
  const std::optional<int64_t> well_until;
};

/// How a run left its loop.
enum class RunEnd { finished, stopped };

/// The evaluation with the smallest distance to real images, which g-best.pt is from; and the last one.
struct Best {
  int64_t step = -1;  ///< -1: none yet
  double distance = 0;
  std::string name;   ///< "mnist_fd"
  std::string ruler;  ///< what it was measured by: distances of different rulers do not compare
  double last_distance = 0;
};

/// Where the time of training goes, in seconds.
struct StepTimes {
  int64_t steps = 0;                                   ///< that were timed
  double step = 0;                                     ///< a step, taken as a run takes it
  std::vector<std::pair<std::string, double>> parts;   ///< of a step, one after the other
  double log = 0, grid = 0, eval = 0, checkpoint = 0;  ///< each time one is due
};

/// Runs a model's turns over a data set until the run is over, and does what is due in between. Its loop knows
/// players and turns, not what a GAN is.
class Trainer {
 public:
  /// Builds everything, seeded by the options, on their device; writes nothing. `data` is on the CPU. Options and data
  /// are validated. Throws Error.
  Trainer(const Options& options, const Dataset& data);

  /// Has its samples judged while it runs, if there is who judges.
  void judge_by(std::optional<Evaluator> evaluator) { evaluator_ = std::move(evaluator); }
  const std::optional<Evaluator>& evaluator() const { return evaluator_; }

  /// Goes on from a checkpoint: afterwards everything is as it was when it was written. Throws Error if it does not
  /// fit.
  void load(const Dict& checkpoint);

  /// Begins with the weights and averages of a checkpoint, and nothing else of it. Throws Error if they do not fit.
  void load_weights(const Dict& checkpoint);

  /// Writes a checkpoint of how the run stands before this sitting, for one that begins with another's weights or goes
  /// on under other options: if it is killed before its next checkpoint it goes on from there. Throws Error.
  void save_start(const RunFolder& folder);

  /// Trains to the end, or until a signal asks to stop, and leaves grids, metrics, checkpoints and g.pt in the folder.
  /// Throws Error if it cannot begin; once it trains, a task that fails in any way is told of, once, and tried again
  /// when it is next due (`saved` tells how it ended). Throws Diverged.
  RunEnd run(const RunFolder& folder, Progress& progress);

  /// Whether a grid or an evaluation of the step where the run stands is still to be made.
  bool has_to_show() const { return !to_show_.empty(); }

  /// Whether the last checkpoint and g.pt that were due have been written.
  bool saved() const { return save_.written; }

  /// What follows is in bench.cpp.

  /// Trains as `run` does, for so many seconds after so many cycles of warm-up, and times it.
  StepTimes time_parts(const RunFolder& folder, Progress& progress, int64_t warm_up, double seconds);
  /// Seconds a step, over so many cycles after so many of warm-up. Writes nothing.
  double time_cycles(int64_t warm_up, int64_t cycles);
  /// Steps among which each kind is as often as in the run: with and without G's turn, with and without a penalty's.
  int64_t cycle() const;
  /// Multiplications and additions of a step (see Cost).
  double operations() const;

  /// Layer tables of the players.
  std::string summary() const;

  at::Device device() const { return device_; }
  int64_t step() const { return step_; }
  int64_t epoch() const;  ///< that the step belongs to, from 1 on; 0 before the first step
  bool finished() const;
  const Best& best() const { return best_; }
  double seconds() const;  ///< of training, over all sittings of the run
  TrainedGenerator generator() const;

 private:
  /// Something that is done now and then.
  struct Task {
    const char* what = "";  ///< is written
    std::function<bool()> due;
    std::function<void()> act;
    bool written = true;  ///< the last time
  };

  Recorder recorder();
  void begin(const RunFolder& folder, Progress& progress);
  void stand_at_checkpoint();
  RunEnd train();
  void take_step();
  void advance(const Batch& batch);
  void do_tasks();
  /// Does what there is to show of this step. Throws Stopped amid it, and what is left stays to be shown.
  void show();
  /// Whether it went well: if not it is told of and tried again when next due. Throws Diverged and Stopped.
  bool attempt(Task& task, const std::function<void()>& act);
  void log();
  void draw_sample();
  LatentSource latents() const;
  bool judges() const { return evaluator_ && options_.eval_every.count > 0; }
  void evaluate();
  /// The spread of samples [N, C, H, W], bytes, as a part of that of the real images.
  double relative_spread(const at::Tensor& samples) const;
  void heed(const std::vector<std::string>& faults);
  /// Heeds what the watchdog found, even if what is to be written first cannot be.
  void heed_after(const std::function<void()>& write, const std::vector<std::string>& faults);
  MetricsLog::Line begin_line(const char* kind);
  void save();
  void tidy_up();
  /// Removes old checkpoints; not before the newest was judged, which may send the run back to one of them.
  void prune();
  Dict checkpoint();
  Standing standing();
  bool due(const Every& every, int64_t step) const;
  uint32_t data_crc();
  void load_player_weights(const Dict& checkpoint);

  /// Throws Diverged unless losses, and before a checkpoint weights, are finite.
  void require_finite_losses();
  void require_finite_weights();
  Diverged diverged(const std::string& what) const;
  /// The step of the best evaluation, since a collapse shows late; the one before this, where samples are not judged.
  int64_t well_until() const;
  /// Goes back to a checkpoint, with other noise; throws `failure` again where that is not wanted or no use.
  void roll_back(const Diverged& failure);

  Options options_;
  Dataset data_;  ///< the part that the run uses, on the CPU
  at::Device device_;
  NetworkPair networks_;
  std::unique_ptr<Model> model_;
  std::vector<Optimizer> optimizers_;  ///< by player
  std::unique_ptr<Stepper> stepper_;
  Average average_;
  Batches batches_;
  LatentGenerator latent_generator_ = LatentGenerator::philox;  ///< of grids and of samples that are judged

  int64_t step_ = 0, images_seen_ = 0, rollbacks_ = 0, saved_step_ = -1;
  double seconds_before_ = 0;   ///< in earlier sittings
  double seconds_at_step_ = 0;  ///< when the last step was done: whether time is up holds still amid a step's tasks
  double started_ = 0;          ///< clock at the start of this one; 0 before it
  int64_t metrics_bytes_ = 0;
  std::optional<uint32_t> data_crc_;
  std::optional<Evaluator> evaluator_;
  Best best_;
  Watchdog watchdog_;

  const RunFolder* folder_ = nullptr;  ///< while `run` runs, as are the next ones
  Progress* progress_ = nullptr;
  std::unique_ptr<MetricsLog> metrics_;
  Task log_, sample_, eval_, save_;
  std::vector<Task*> to_show_;  ///< of sample_ and eval_, what is left to do of this step
  Standing standing_;
  double logged_seconds_ = 0;  ///< at the last line of metrics
  int64_t logged_images_ = 0;
};

}  // namespace gan
