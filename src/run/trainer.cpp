#include "gan/run/trainer.h"

#include <algorithm>
#include <utility>

#include "gan/base/clock.h"
#include "gan/base/file.h"
#include "gan/base/stop.h"
#include "gan/base/text.h"
#include "gan/device/device.h"
#include "gan/device/device_clock.h"
#include "gan/images/png.h"
#include "gan/run/checkpoint.h"
#include "gan/run/grids.h"
#include "gan/run/model_file.h"
#include "gan/run/run_report.h"
#include "gan/sampling/sampler.h"

namespace gan {

namespace {

/// The options as a checkpoint gives them back.
Options validated(const Options& given, const Dataset& data) {
  const Options options = only_read(given);
  validate(options);
  validate(options, data.data_shape(), data.size());
  if (options.precision == Precision::automatic) {
    throw Error("--precision: resolve auto first, with quicker_precision (gan/run/bench.h)");
  }
  return options;
}

}  // namespace

Dataset used_part(const Options& options, const Dataset& data) {
  Dataset used = options.limit > 0 ? data.first(std::min(options.limit, data.size())) : data;
  if (!reads_labels(options.model)) used.labels.reset();
  return used;
}

Trainer::Trainer(const Options& options, const Dataset& data, Budget budget)
    : options_(validated(options, data)),
      data_(used_part(options, data)),
      training_(options_, data_, budget, recorder()),
      judging_(options_.game, data_.images) {}

Recorder Trainer::recorder() {
  if (!find_device(options_.device).is_cuda() || !options_.graph) return {};
  return [this](const std::function<void()>& work) -> std::function<void()> {
    try {
      return record_cuda_graph(work);
    } catch (const Error& error) {
      if (progress_) progress_->warn("a step: " + std::string(error.what()) + "; training goes on, more slowly");
      return {};
    }
  };
}

void Trainer::lead(Followers& followers, const std::string& data, const std::string& cache) {
  followers.assign({.options = options_,
                    .data = data,
                    .cache = cache,
                    .data_crc = data_crc(),
                    .device = at::Device(device().type()).str(),
                    .training = training_.state()});
  followers_ = &followers;
}

RunEnd Trainer::run(const RunFolder& folder, Progress& progress) {
  begin(folder, progress);
  for (;;) {
    try {
      return train();
    } catch (const Diverged& failure) {
      roll_back(failure);
    }
  }
}

RunEnd Trainer::train() {
  bool stopped = false;
  try {
    const bool has = has_to_show();
    show();
    publish(/*shown=*/has);
    while (!stops() && !finished()) {
      take_step();
      do_tasks();
    }
  } catch (const Stopped&) {  // while drawing or judging; a resume begins with that
    stopped = true;
  }
  stopped |= !finished();
  if (stopped && saved_step_ != step()) attempt(save_, save_.act);  // the run goes on from here
  if (stopped) publish(/*shown=*/false);
  return stopped ? RunEnd::stopped : RunEnd::finished;
}

void Trainer::take_step(const AfterPiece& after) {
  if (followers_ != nullptr) followers_->let_step();
  training_.tell({.signal = stop_signal(), .seconds = seconds()});
  training_.take_step(after);
  seconds_at_step_ = followers_ != nullptr ? training_.told().seconds : seconds();
  if (followers_ != nullptr) followers_->stepped(ranks_meet(training_, data_.size()));
  // On a GPU reading the losses waits for it; there that is left to the tasks, which wait anyway.
  if (device().is_cpu()) require_finite_losses();
  if (after) after("losses read");
}

bool Trainer::finished() const {
  return is_over(options_, data_.size(), step(), seconds_at_step_);
}

int Trainer::signal() const {
  return training_.told().signal != 0 ? training_.told().signal : stop_signal();
}

bool Trainer::stops() const {
  return (followers_ != nullptr ? training_.told().signal : stop_signal()) != 0;
}

double Trainer::seconds() const {
  return seconds_before_ + (started_ > 0 ? clock_seconds() - started_ : 0);
}

int64_t Trainer::epoch() const {
  const int64_t per_epoch = steps_per_epoch(options_, data_.size());
  return (step() + per_epoch - 1) / per_epoch;
}

std::string Trainer::sha256() const {
  return weights_sha256(training_);
}

// ---- Tasks ---------------------------------------------------------------------------------------

void Trainer::begin(const RunFolder& folder, Progress& progress) {
  folder_ = &folder;
  progress_ = &progress;
  make_folder(folder.samples());
  if (reconstructs()) make_folder(folder.reconstructions());
  make_folder(folder.checkpoints());
  metrics_ = std::make_unique<MetricsLog>(folder.metrics(), metrics_bytes_);
  log_ = {"metrics", [this] { return finished() || due(options_.log_every); }, [this] { log(); }};
  draw_ = {"grids", [this] { return finished() || due(options_.sample_every); }, [this] { draw(); }};
  eval_ = {"evaluations", [this] { return judges() && (finished() || due(options_.eval_every)); },
           [this] { evaluate(); }};
  save_ = {"checkpoints", [this] { return finished() || due(options_.checkpoint_every) || due(options_.keep_every); },
           [this] { save(); }};
  report_.what = "reports";
  events_.what = "TensorBoard's events";
  board_from_ = step() == 0 ? 0 : step() + 1;
  if (step() == 0) {
    write_png(folder.real(), make_grid(real_grid(data_, options_.grid)));
    to_show_ = {&draw_};
  } else {
    if (options_.eval_every.count == 0) std::erase(to_show_, &eval_);
    mark_saved();
    attempt(save_, [this] { tidy_up(); });  // a run killed right after its checkpoint has not done that
  }
  started_ = clock_seconds();
}

void Trainer::mark_saved() {
  saved_step_ = step();
  logged_seconds_ = seconds();
  logged_images_ = training_.images_seen();
}

bool Trainer::due(const Every& every) const {
  return every.due(step(), steps_per_epoch(options_, data_.size()));
}

void Trainer::do_tasks() {
  to_show_.clear();
  before_judging_.reset();
  for (Task* task : {&draw_, &eval_}) {
    if (task->due()) to_show_.push_back(task);
  }
  const bool logs = log_.due();
  if (logs) attempt(log_, log_.act);
  if (logs) publish(/*shown=*/false);  // before the checkpoint from which a run that is killed now would go on
  if (save_.due()) attempt(save_, save_.act);
  const bool shows = !to_show_.empty();
  show();
  if (shows) publish(/*shown=*/true);
  if (logs) progress_->logged(status());  // with the score of this step, if it was judged
  progress_->step(status());
}

void Trainer::show() {
  const auto had = to_show_.size();
  for (Task* task : std::vector<Task*>(to_show_)) {
    if (task == &eval_ && !judges()) continue;  // the evaluator is missing today
    if (attempt(*task, task->act)) std::erase(to_show_, task);
  }
  if (had == 0 || saved_step_ != step()) return;
  attempt(save_, [&] {
    if (to_show_.size() < had) save();  // the checkpoint says that they are still to be shown
    prune();
  });
}

void Trainer::publish(bool shown) {
  if (writes_reports_ && (shown || stops())) attempt(report_, [this] { write_run_report(*folder_); });
  if (!writes_events_) return;
  attempt(events_, [&] {
    if (!board_) board_.emplace(*folder_, board_from_);
    for (const MetricsLog::Line& line : std::exchange(board_lacks_, {})) board_->add(line);
    if (shown) board_->add_grids(step());
    board_->flush();
  });
}

void Trainer::write(const MetricsLog::Line& line) {
  metrics_->write(line);
  if (writes_events_) board_lacks_.push_back(line);
}

bool Trainer::attempt(Task& task, const std::function<void()>& act) {
  std::string failure;
  try {
    act();
  } catch (const Diverged&) {
    throw;
  } catch (const Stopped&) {
    throw;
  } catch (const Error& error) {
    failure = error.what();
  } catch (const std::exception& error) {  // whatever it is, it must not end the run
    failure = task.what + (": " + message_of(error));
  }
  const bool before = std::exchange(task.written, failure.empty());
  if (before && !task.written) {
    progress_->warn(failure + (finished() ? "; a resume tries it again"
                                          : "; training goes on, and this is tried again when next due"));
  }
  if (!before && task.written) {
    progress_->info("step " + to_text(step()) + ": " + task.what + " work again");
  }
  return task.written;
}

MetricsLog::Line Trainer::begin_line(const char* kind) {
  return {{"kind", kind},
          {"step", static_cast<double>(step())},
          {"epoch", static_cast<double>(epoch())},
          {"images_seen", static_cast<double>(training_.images_seen())},
          {"seconds", seconds()}};
}

void Trainer::log() {
  Losses losses = training_.losses();
  if (!losses.finite) throw diverged(losses);
  status_.values = std::move(losses.values);
  const auto d_real = find(status_.values, "d_real"), d_fake = find(status_.values, "d_fake");
  if (d_real && d_fake) status_.equilibrium = Equilibrium::of(options_.game.loss, *d_real, *d_fake);
  const Status now = status();
  MetricsLog::Line line = begin_line("step");
  line.emplace_back("images_per_second", now.images_per_second);
  line.insert(line.end(), now.values.begin(), now.values.end());
  line.emplace_back("peak_memory_bytes", static_cast<double>(peak_memory(device())));
  logged_seconds_ = seconds();
  logged_images_ = training_.images_seen();
  heed_after([&] { write(line); }, judging_.logged(now.values));
}

at::Tensor Trainer::samples_of(const std::vector<int64_t>& seeds) {
  return training_.with_averages([&](const Model& model) { return sample_seeds(model, seeds); });
}

Grid Trainer::reconstructions() {
  return training_.with_averages([&](const Model& model) { return reconstructions_grid(model, data_, options_.grid); });
}

bool Trainer::reconstructs() const {
  return training_.model().encodes() == Encodes::latents;
}

void Trainer::draw() {
  constexpr int64_t kYoung = 500;  // steps in which a G that does well may still draw all alike
  const at::Tensor samples = samples_of(grid_seeds(training_.model().latents(), 0, options_.grid));
  const auto write = [&] {
    write_png(folder_->sample(step()), make_grid({samples, options_.grid}));
    if (reconstructs()) write_png(folder_->reconstruction(step()), make_grid(reconstructions()));
  };
  if (judges() || step() < kYoung) return write();
  before_judging_ = {&draw_, judging_.state(), metrics_->length()};
  heed_after(write, judging_.drawn(samples));
}

void Trainer::evaluate() {
  if (!judges()) return;
  const FreedMemoryGivenBack judging;
  before_judging_ = {&eval_, judging_.state(), metrics_->length()};
  const Verdict verdict = judging_.judge(samples_of(seeds_from(kFirstJudgedSeed, options_.eval_samples)));
  status_.scores = {verdict.scores.front()};
  MetricsLog::Line line = begin_line("evaluation");
  line.emplace_back("classifier", evaluator()->sha256());
  line.insert(line.end(), verdict.scores.begin(), verdict.scores.end());
  const auto write_all = [&] {
    write(line);
    if (!verdict.best) return;
    write_model(folder_->best_generator(), training_);
    judging_.keep(verdict, step());
  };
  heed_after(write_all, verdict.faults);
}

Status Trainer::status() {
  const int64_t per_epoch = steps_per_epoch(options_, data_.size()), total = total_steps(options_, data_.size());
  const int64_t images_seen = training_.images_seen();
  status_.step = step();
  status_.total_steps = total;
  status_.epoch = epoch();
  status_.epochs = (total + per_epoch - 1) / per_epoch;
  status_.stays = step() % per_epoch == 0 || finished();
  const double span = seconds() - logged_seconds_;
  if (images_seen > logged_images_ && span > 0) {
    status_.images_per_second = static_cast<double>(images_seen - logged_images_) / span;
  }
  const double rate = std::max(1e-9, status_.images_per_second);
  status_.seconds_left = static_cast<double>(total - step()) * static_cast<double>(options_.batch_size) / rate;
  if (options_.max_minutes > 0) {
    status_.seconds_left = std::min(status_.seconds_left, options_.max_minutes * 60 - seconds());
  }
  return status_;
}

std::vector<TaskTime> Trainer::time_tasks(const RunFolder& folder, Progress& progress) {
  begin(folder, progress);
  std::vector<TaskTime> times;
  const auto time = [&](const char* name, const Every& every, Task& task) {
    attempt(task, task.act);  // the first time kernels are chosen and the test images are read
    const double start = device_seconds(device());
    attempt(task, task.act);
    times.push_back({name, every, device_seconds(device()) - start});
  };
  time("metrics", options_.log_every, log_);
  time("grid", options_.sample_every, draw_);
  time("evaluation", options_.eval_every, eval_);
  time("checkpoint", options_.checkpoint_every, save_);
  return times;
}

}  // namespace gan
