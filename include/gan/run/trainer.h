#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gan/data/dataset.h"
#include "gan/judging/judging.h"
#include "gan/run/folder.h"
#include "gan/run/followers.h"
#include "gan/run/metrics_log.h"
#include "gan/run/progress.h"
#include "gan/run/tensorboard.h"
#include "gan/training/training.h"

namespace gan {

/// Ends the loop: losses or weights are not finite, or the watchdog reported a fault that should end it. `well_until`
/// is the newest step to roll back to; none if the run must not.
class Diverged : public std::runtime_error {
 public:
  explicit Diverged(const std::string& what, std::optional<int64_t> well_until = {})
      : std::runtime_error(what), well_until(well_until) {}
  const std::optional<int64_t> well_until;
};

/// What one of a run's outputs costs each time.
struct TaskTime {
  std::string name;  ///< "grid"
  Every every;       ///< its interval
  double seconds = 0;
};

/// What a run uses of its data: the images up to --limit, and labels if the model reads them.
Dataset used_part(const Options& options, const Dataset& data);

/// How a run left its loop.
enum class RunEnd { finished, stopped };

/// Trains until the run is over and does what is due in between: log, save, draw, judge. What decides the bits is in
/// `Training`, what judges them in `Judging`; here are the loop, the files and the way back after a fault.
class Trainer {
 public:
  /// Builds everything, on the options' device; writes nothing. `data` is on the CPU. Validates options and data. The
  /// networks' weights are paid from the budget. Throws Error.
  Trainer(const Options& options, const Dataset& data, Budget budget = Budget::of_run());

  /// Has samples judged during the run, if there is an evaluator.
  void judge_by(std::optional<Evaluator> evaluator) { judging_.set_evaluator(std::move(evaluator)); }
  const std::optional<Evaluator>& evaluator() const { return judging_.evaluator(); }

  /// Leaves report.html in the run's folder, up to date whenever samples are drawn or judged.
  void write_reports() { writes_reports_ = true; }

  /// Leaves metrics and grids as an event file of TensorBoard in the run's folder, too.
  void write_events() { writes_events_ = true; }

  /// Restores the state saved in a checkpoint. Throws Error if it does not fit.
  void load(const Dict& checkpoint);

  /// Begins with the weights and averages of a checkpoint, and nothing else of it. Throws Error if they do not fit.
  void load_weights(const Dict& checkpoint);

  /// Writes a checkpoint before this sitting has trained. A run that begins with another's weights, or goes on under
  /// other options, starts from it if it is killed before its next one. Throws Error.
  void save_start(const RunFolder& folder);

  /// Leads other ranks, which take the same steps, on the same data: see Assignment. Throws Error if they cannot begin.
  void lead(Followers& followers, const std::string& data, const std::string& cache);

  /// Trains to the end, or until a signal asks to stop, and leaves grids, metrics, checkpoints and g.pt in the folder.
  /// Throws Error if it cannot begin. Later a task that fails is reported once and tried again when next due; `saved`
  /// tells how it ended. Throws Diverged.
  RunEnd run(const RunFolder& folder, Progress& progress);

  /// One step, as `run` takes it. Throws Diverged.
  void take_step(const AfterPiece& after = {});

  /// Does each task twice and times the second. For a run that has taken no step.
  std::vector<TaskTime> time_tasks(const RunFolder& folder, Progress& progress);

  /// Whether a grid or an evaluation of the present step is still to be made.
  bool has_to_show() const { return !to_show_.empty(); }

  /// Whether the last checkpoint and g.pt that were due have been written.
  bool saved() const { return save_.written; }

  const Training& training() const { return training_; }
  const Dataset& data() const { return data_; }                            ///< what the run uses of it
  std::string summary() const { return gan::summary(training_.model()); }  ///< layer tables
  std::string sha256() const;                                              ///< of the weights in g.pt
  at::Device device() const { return training_.device(); }
  int64_t step() const { return training_.step(); }
  int64_t epoch() const;  ///< that the step belongs to, from 1 on; 0 before the first step
  bool finished() const;
  int signal() const;  ///< that asked this rank or another one to stop; 0 if none did
  const Best& best() const { return judging_.best(); }
  double seconds() const;  ///< of training, over all sittings of the run

 private:
  /// Something that is done now and then.
  struct Task {
    const char* what = "";  ///< what it writes, for messages: "grids"
    std::function<bool()> due;
    std::function<void()> act;
    bool written = true;  ///< whether the last attempt succeeded
  };

  Recorder recorder();
  bool stops() const;  ///< beside other ranks: after the step with which all were told
  void begin(const RunFolder& folder, Progress& progress);
  void mark_saved();
  RunEnd train();
  bool due(const Every& every) const;
  void do_tasks();
  /// Draws and judges what is due at this step. Throws Stopped on a signal; what is left stays to be shown.
  void show();
  /// Brings up to date what is made of the run's files for those who look on. `shown`: samples were drawn or judged.
  void publish(bool shown);
  void write(const MetricsLog::Line& line);
  /// Whether it succeeded; if not, that is reported and it is tried again when next due. Throws Diverged and Stopped.
  bool attempt(Task& task, const std::function<void()>& act);
  bool judges() const { return evaluator() && options_.eval_every.count > 0; }

  void log();
  void draw();
  void evaluate();
  at::Tensor samples_of(const std::vector<int64_t>& seeds);
  bool reconstructs() const;
  Grid reconstructions();
  MetricsLog::Line begin_line(const char* kind);
  Status status();

  void save();
  void tidy_up();
  /// Removes old checkpoints, but not before the newest was judged: the run may have to go back to one of them.
  void prune();
  Dict checkpoint();
  void load_sitting(const Dict& sitting);
  uint32_t data_crc();

  /// Throws Diverged unless losses, and before a checkpoint weights, are finite.
  void require_finite_losses();
  void require_finite_weights();
  Diverged diverged(const std::string& what) const;
  Diverged diverged(const Losses& losses) const;
  void heed(const std::vector<std::string>& faults);
  /// Heeds faults even if `write`, which comes first, fails.
  void heed_after(const std::function<void()>& write, const std::vector<std::string>& faults);
  /// The step of the best evaluation, since a collapse shows late; without evaluations the step before this one.
  int64_t well_until() const;
  /// Goes back to a checkpoint, with other noise. Throws Diverged where that is not wanted or makes no sense.
  void roll_back(const Diverged& failure);

  Options options_;
  Dataset data_;  ///< the part that the run uses, on the CPU
  Training training_;
  Judging judging_;

  int64_t rollbacks_ = 0, saved_step_ = -1, metrics_bytes_ = 0;
  double seconds_before_ = 0;   ///< in earlier sittings
  double seconds_at_step_ = 0;  ///< at the end of the last step, so that --max-minutes holds still during its tasks
  double started_ = 0;          ///< clock at the start of this sitting; 0 before it
  std::optional<uint32_t> data_crc_;

  Followers* followers_ = nullptr;     ///< null: alone
  const RunFolder* folder_ = nullptr;  ///< while `run` runs, as are the next ones
  Progress* progress_ = nullptr;
  std::unique_ptr<MetricsLog> metrics_;
  Task log_, draw_, eval_, save_, report_, events_;
  std::vector<Task*> to_show_;  ///< of draw_ and eval_, what is left to do of this step
  bool writes_reports_ = false, writes_events_ = false;
  std::optional<TensorBoard> board_;
  int64_t board_from_ = 0;                     ///< the step from which it is new
  std::vector<MetricsLog::Line> board_lacks_;  ///< of metrics.jsonl

  struct BeforeJudging {
    const Task* task;
    Dict judging;
    int64_t metrics_bytes = 0;
  };
  std::optional<BeforeJudging> before_judging_;  ///< what this step's task found that judges samples: draw_ or eval_
  Status status_;
  double logged_seconds_ = 0;  ///< at the last line of metrics
  int64_t logged_images_ = 0;
};

}  // namespace gan
