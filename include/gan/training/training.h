#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gan/data/batches.h"
#include "gan/data/dataset.h"
#include "gan/models/make_model.h"
#include "gan/training/average.h"
#include "gan/training/optimizer.h"
#include "gan/training/options.h"
#include "gan/training/stepper.h"

namespace gan {

/// All that decides the bits of a run: model, optimizers, averages, batches, random generators and counters. Knows no
/// files, no logs and no clock.
class Training {
 public:
  /// Builds and seeds everything by the options, on the options' device. `data` is what the run uses, on the CPU. The
  /// model's weights are paid from the budget. Throws Error.
  Training(const Options& options, const Dataset& data, Budget budget, Recorder recorder = {});

  /// A batch, the turns that are due, the averages.
  void take_step(const AfterPiece& after = {});

  /// What this rank tells the others with each step, and what all were told with the last (stepper.h).
  void tell(const Notice& notice) { stepper_->tell(notice); }
  Notice told() const { return stepper_->told(); }

  int64_t step() const { return step_; }
  int64_t images_seen() const { return images_seen_; }
  at::Device device() const { return device_; }

  Losses losses() const { return stepper_->losses(); }
  bool losses_are_finite() const { return stepper_->losses_are_finite(); }

  /// The first tensor of weights with a number that is not finite: "conv1.weight of the generator"; none if all are.
  std::optional<std::string> non_finite_weight() const;

  const Options& options() const { return options_; }
  const DataShape& data() const { return data_; }
  const Model& model() const { return *model_; }

  /// What `draw` makes of the model while its averaged parts have their averages as weights.
  template <class Draw>
  auto with_averages(const Draw& draw) {
    const AveragesInPlace in_place(averages_);
    return draw(*model_);
  }

  /// The state of a part as samples are drawn from it: averaged where it is.
  Dict averaged_state(const Part& part) const;

  /// Draws other noise from here on: the n-th such change of the run.
  void change_noise(int64_t n);

  /// The shortest sequence of steps that has every kind in the run's proportions: with and without G's turn, with and
  /// without a penalty's.
  int64_t cycle() const;

  /// Multiplications and additions of a step (see Cost), on average over a cycle.
  double operations() const;

  /// Everything, for checkpoints. `load` throws Error if it does not fit. Noise that another kind of device drew cannot
  /// be continued here: the seed and the step then decide it anew.
  Dict state() const;
  void load(const Dict& state);

  /// Takes the weights and averages of another training's state, and nothing else; `averaged` says whether that run
  /// kept an average. Throws Error if they do not fit.
  void load_weights(const Dict& state, bool averaged);

 private:
  void load_parts(const Dict& state);
  void load_averages(const Dict& state);

  Options options_;
  DataShape data_;
  at::Device device_;
  std::unique_ptr<Model> model_;
  std::vector<Optimizer> optimizers_;        ///< by player
  std::map<std::string, Average> averages_;  ///< by averaged part
  std::unique_ptr<Stepper> stepper_;
  Batches batches_;
  int64_t step_ = 0, images_seen_ = 0;
};

}  // namespace gan
