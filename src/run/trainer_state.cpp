// What a trainer saves and loads, and how it goes back after a fault.

#include <algorithm>
#include <cmath>

#include "gan/base/clock.h"
#include "gan/base/file.h"
#include "gan/base/gan_file.h"
#include "gan/base/text.h"
#include "gan/device/machine.h"
#include "gan/run/checkpoint.h"
#include "gan/run/model_file.h"
#include "gan/run/trainer.h"

namespace gan {

// ---- Saving --------------------------------------------------------------------------------------

void Trainer::save_start(const RunFolder& folder) {
  make_folder(folder.checkpoints());
  write_gan_file(folder.checkpoint(step()), GanFile::checkpoint, checkpoint());
}

void Trainer::save() {
  require_finite_losses();
  require_finite_weights();
  write_gan_file(folder_->checkpoint(step()), GanFile::checkpoint, checkpoint());
  saved_step_ = step();
  tidy_up();
}

void Trainer::tidy_up() {
  if (to_show_.empty()) prune();
  write_model(folder_->generator(), training_);
}

void Trainer::prune() {
  constexpr size_t kCheckpointsKept = 2;
  std::vector<std::filesystem::path> well;
  if (options_.on_collapse == OnCollapse::rollback) well = folder_->checkpoints_to_go_back_to(well_until());
  folder_->prune_checkpoints(kCheckpointsKept, [&](int64_t step) {
    return options_.keep_every.due(step, steps_per_epoch(options_, data_.size())) ||
           (!well.empty() && folder_->checkpoint(step) == well.front());
  });
}

Dict Trainer::checkpoint() {
  const auto is_left = [this](const Task& task) { return std::ranges::find(to_show_, &task) != to_show_.end(); };
  const int64_t metrics_bytes = metrics_ ? metrics_->sync() : metrics_bytes_;
  // What failed halfway is judged again at a resume, which must not count it twice.
  const bool judges_again = before_judging_ && is_left(*before_judging_->task);
  const Dict data{
      {{"image_shape", image_shape_to_dict(data_.shape())}, {"count", data_.size()}, {"crc32", int64_t{data_crc()}}}};
  const Dict sitting{{{"seconds", seconds()},
                      {"seconds_at_step", seconds_at_step_},
                      {"rollbacks", rollbacks_},
                      {"metrics_bytes", judges_again ? before_judging_->metrics_bytes : metrics_bytes},
                      {"to_show", Dict{{{"grid", is_left(draw_)}, {"evaluation", is_left(eval_)}}}}}};
  return {{{"options", to_dict(options_)},
           {"machine", machine(device())},
           {"data", data},
           {"training", training_.state()},
           {"judging", judges_again ? before_judging_->judging : judging_.state()},
           {"sitting", sitting}}};
}

uint32_t Trainer::data_crc() {
  if (!data_crc_) data_crc_ = data_.crc32();
  return *data_crc_;
}

// ---- Loading -------------------------------------------------------------------------------------

void Trainer::load(const Dict& checkpoint) {
  const Dict& data = checkpoint.get<Dict>("data");
  const ImageShape images = image_shape_from_dict(data.get<Dict>("image_shape"));
  const auto count = data.get<int64_t>("count");
  if (images != data_.shape() || count != data_.size()) {
    throw Error("--data: expected the " + to_text(count) + " images of " + to_text(images) +
                " that the run began with, got " + to_text(data_.size()) + " of " + to_text(data_.shape()));
  }
  const auto crc = data.get<int64_t>("crc32");
  if (crc != data_crc() && crc != data_.whole_crc32()) {  // older runs took that of all bytes
    throw Error("--data: " + options_.data + " holds other images" + (data_.labels.defined() ? " or labels" : "") +
                " than those that the run began with");
  }
  judging_.load(checkpoint.get<Dict>("judging"));
  load_sitting(checkpoint.get<Dict>("sitting"));
  training_.load(checkpoint.get<Dict>("training"));  // last, since it sets the generators of random numbers
}

void Trainer::load_sitting(const Dict& sitting) {
  const LeftToShow left = left_to_show(sitting);
  to_show_.clear();
  before_judging_.reset();
  if (left.grid) to_show_.push_back(&draw_);
  if (left.evaluation) to_show_.push_back(&eval_);
  rollbacks_ = count_in(sitting, "rollbacks");
  metrics_bytes_ = count_in(sitting, "metrics_bytes");
  if (started_ > 0) return;  // in the middle of a sitting: time spent on what is taken back has been spent
  seconds_before_ = std::max(0.0, sitting.get<double>("seconds"));
  seconds_at_step_ = sitting.get<double>("seconds_at_step");
}

void Trainer::load_weights(const Dict& checkpoint) {
  const Options run = options_from_dict(checkpoint.get<Dict>("options"));
  try {
    training_.load_weights(checkpoint.get<Dict>("training"), run.ema > 0);
  } catch (const Error&) {
    const ImageShape images = image_shape_from_dict(checkpoint.get<Dict>("data").get<Dict>("image_shape"));
    std::string changes = network_changes(run, options_);
    if (images != data_.shape()) {
      changes += (changes.empty() ? "" : ", ") + ("data: " + to_text(images)) + " -> " + to_text(data_.shape());
    }
    if (changes.empty()) throw;
    throw Error("--fork: the run's weights do not fit other networks; changed: " + changes);
  }
}

// ---- Faults --------------------------------------------------------------------------------------

void Trainer::require_finite_losses() {
  if (!training_.losses_are_finite()) throw diverged(training_.losses());
}

void Trainer::require_finite_weights() {
  if (const auto name = training_.non_finite_weight()) throw diverged("the weights are not finite: " + *name);
}

Diverged Trainer::diverged(const std::string& what) const {
  const std::string text =
      "step " + to_text(step()) + ": " + what + "; a smaller --lr, or another --seed, usually helps";
  return options_.on_nan == OnNan::rollback ? Diverged(text, step()) : Diverged(text);
}

Diverged Trainer::diverged(const Losses& losses) const {
  std::string text = "the losses are not finite:";
  for (const auto& [name, value] : losses.values) {
    text += " " + name + " " + (std::isnan(value) ? "nan" : to_text(value));
  }
  return diverged(text);
}

void Trainer::heed_after(const std::function<void()>& write, const std::vector<std::string>& faults) {
  try {
    write();
  } catch (const std::exception&) {
    heed(faults);
    throw;
  }
  heed(faults);
}

void Trainer::heed(const std::vector<std::string>& faults) {
  for (const auto& fault : faults) {
    const std::string text = "step " + to_text(step()) + ": " + fault;
    if (options_.on_collapse == OnCollapse::stop) throw Diverged(text);
    if (options_.on_collapse == OnCollapse::rollback) throw Diverged(text, well_until());
    progress_->warn(text);
  }
}

int64_t Trainer::well_until() const {
  return judges() && best().step >= 0 ? best().step : step() - 1;
}

void Trainer::roll_back(const Diverged& failure) {
  constexpr int64_t kMostRollbacks = 3;
  const std::string told = failure.what();
  try {
    const auto paths = folder_->checkpoints_newest_first();
    if (!failure.well_until || rollbacks_ >= kMostRollbacks || paths.empty()) {
      throw Diverged(told + " (last checkpoint: " + (paths.empty() ? "none" : paths.front().string()) + ")");
    }
    const int64_t rollback = rollbacks_ + 1;
    const auto last = newest_checkpoint(*folder_, *failure.well_until);
    load_sitting(last->section("sitting"));
    training_.load(last->section("training"));
    rename_damaged(last->damaged);
    folder_->drop_checkpoints_after(step());  // a resume must begin here, too
    rollbacks_ = rollback;
    judging_.restart_watchdog();
    metrics_->cut(metrics_bytes_);
    mark_saved();
    board_.reset();
    board_from_ = step() + 1;
    attempt(save_, [this] { tidy_up(); });  // no step may follow
    if (followers_ != nullptr) followers_->go_back(training_.state(), rollback);
    training_.change_noise(rollback);
    progress_->warn(told + "; back to step " + to_text(step()) + " with other noise, " + to_text(rollback) + " of " +
                    to_text(kMostRollbacks));
  } catch (const Error& error) {
    throw Diverged(told + "; and there is no way back: " + error.what());
  }
}

}  // namespace gan
