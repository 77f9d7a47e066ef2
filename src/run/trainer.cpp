#include "gan/run/trainer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gan/base/clock.h"
#include "gan/base/file.h"
#include "gan/base/gan_file.h"
#include "gan/base/random.h"
#include "gan/base/stop.h"
#include "gan/base/text.h"
#include "gan/device/device.h"
#include "gan/device/machine.h"
#include "gan/images/png.h"
#include "gan/networks/summary.h"
#include "gan/sampling/sampler.h"

namespace gan {

namespace {

constexpr size_t kCheckpointsKept = 2;

// Each use of the run's seed draws its own numbers.
enum SeedUse : uint64_t { kWeights, kOrderOfImages, kNoise, kNoiseAfterRollback, kNoiseOfDevice };

const Options& validated(const Options& options, const Dataset& data) {
  validate(options);
  validate(options, data);
  if (options.precision == Precision::automatic) {
    throw Error("--precision: auto is to be decided first, by quicker_precision (gan/run/bench.h)");
  }
  return options;
}

Dataset used_part(const Options& options, const Dataset& data) {
  return options.limit > 0 ? data.first(std::min(options.limit, data.size())) : data;
}

uint64_t seed_for(const Options& options, SeedUse use) {
  return mix_seed(static_cast<uint64_t>(options.seed), use);
}

/// New networks on the device, whose weights the seed decides.
NetworkPair seeded_networks(const Options& options, ImageShape images, at::Device device) {
  seed_default_generators(seed_for(options, kWeights));
  NetworkPair pair = build_networks(options.network, images);
  move_to(pair.generator, device);
  move_to(pair.discriminator, device);
  return pair;
}

/// A number of steps, images or the like. Throws Error for one that cannot be.
int64_t count_in(const Dict& dict, const char* key) {
  constexpr int64_t kMost = int64_t{1} << 53;  // beyond any run, and exact in metrics.jsonl
  const auto count = dict.get<int64_t>(key);
  if (count < 0 || count > kMost) throw Error(std::string("'") + key + "' cannot be " + to_text(count));
  return count;
}

std::string losses_text(const Losses& losses) {
  std::string text = "the losses are not finite any more:";
  for (const auto& [name, value] : losses.values) {
    text += " " + name + " " + (std::isnan(value) ? "nan" : to_text(value));
  }
  return text;
}

Watchdog watchdog_for(const GanOptions& game) {
  return Watchdog(game.loss, 1 - game.label_smoothing);
}

Network blank_generator(const Options& options, ImageShape images, at::Device device) {
  Network network = build_networks(options.network, images).generator;
  move_to(network, device);
  return network;
}

}  // namespace

Trainer::Trainer(const Options& options, const Dataset& data)
    : options_(validated(options, data)),
      data_(used_part(options, data)),
      device_(find_device(options.device)),
      networks_(seeded_networks(options, data_.shape(), device_)),
      model_(std::make_unique<Gan>(networks_, options.game)),
      average_(networks_.generator, blank_generator(options, data_.shape(), device_), options.ema),
      batches_(data_.to(device_), options.batch_size, options.sampling, seed_for(options, kOrderOfImages)),
      watchdog_(watchdog_for(options.game)) {
  optimizers_.emplace_back(networks_.generator, options.g_optimizer);
  optimizers_.emplace_back(networks_.discriminator, options.d_optimizer);
  stepper_ = std::make_unique<Stepper>(*model_, optimizers_, options.precision, recorder());
  seed_default_generators(seed_for(options, kNoise));
}

Recorder Trainer::recorder() {
  if (!device_.is_cuda() || !options_.graph) return {};
  return [this](const std::function<void()>& work) -> std::function<void()> {
    try {
      return record_cuda_graph(work);
    } catch (const Error& error) {
      if (progress_) progress_->warn("a step: " + std::string(error.what()) + "; training goes on, more slowly");
      return {};
    }
  };
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
    show();
    while (!stop_signal() && !finished()) {
      take_step();
      do_tasks();
    }
  } catch (const Stopped&) {  // amid what was to be shown, which a resume begins with
    stopped = true;
  }
  stopped |= !finished();
  if (stopped && saved_step_ != step_) attempt(save_, save_.act);  // the run goes on from here
  return stopped ? RunEnd::stopped : RunEnd::finished;
}

void Trainer::take_step() {
  const Batch batch = batches_.next();
  stepper_->take_turns(step_ + 1, batch);
  average_.follow();
  advance(batch);
}

bool Trainer::finished() const {
  return is_over(options_, data_.size(), step_, seconds_at_step_);
}

double Trainer::seconds() const {
  return seconds_before_ + (started_ > 0 ? clock_seconds() - started_ : 0);
}

TrainedGenerator Trainer::generator() const {
  return {.options = options_,
          .images = data_.shape(),
          .step = step_,
          .averaged = average_.network(),
          .raw = networks_.generator,
          .discriminator = networks_.discriminator,
          .latent_generator = latent_generator_};
}

LatentSource Trainer::latents() const {
  return {options_.game.noise, options_.network.latent_size, latent_generator_};
}

std::string Trainer::summary() const {
  const ImageShape images = data_.shape();
  return gan::summary("Generator", networks_.generator, {options_.network.latent_size}) + "\n" +
         gan::summary("Discriminator", networks_.discriminator, {images.channels, images.height, images.width});
}

void Trainer::begin(const RunFolder& folder, Progress& progress) {
  folder_ = &folder;
  progress_ = &progress;
  make_folder(folder.samples());
  make_folder(folder.checkpoints());
  metrics_ = std::make_unique<MetricsLog>(folder.metrics(), metrics_bytes_);
  log_ = {"metrics", [this] { return finished() || due(options_.log_every, step_); }, [this] { log(); }};
  sample_ = {"grids", [this] { return finished() || due(options_.sample_every, step_); }, [this] { draw_sample(); }};
  eval_ = {"evaluations", [this] { return judges() && (finished() || due(options_.eval_every, step_)); },
           [this] { evaluate(); }};
  save_ = {"checkpoints",
           [this] { return finished() || due(options_.checkpoint_every, step_) || due(options_.keep_every, step_); },
           [this] { save(); }};
  if (step_ == 0) {
    const int64_t count = std::min(options_.grid.count(), data_.size());
    const GridShape shape = count == options_.grid.count() ? options_.grid : square_grid(count);
    write_png(folder.real(), make_grid(data_.images.narrow(0, 0, count), shape));
    to_show_ = {&sample_};
  } else {
    if (options_.eval_every.count == 0) std::erase(to_show_, &eval_);
    stand_at_checkpoint();
    attempt(save_, [this] { tidy_up(); });  // left undone by a run that was killed right after its checkpoint
  }
  started_ = clock_seconds();
}

void Trainer::stand_at_checkpoint() {
  saved_step_ = step_;
  logged_seconds_ = seconds();
  logged_images_ = images_seen_;
}

void Trainer::advance(const Batch& batch) {
  ++step_;
  images_seen_ += batch.images.size(0);
  seconds_at_step_ = seconds();
  // On a GPU a look at the losses waits for it, so there it is left to the tasks that wait anyway.
  if (device_.is_cpu()) require_finite_losses();
}

void Trainer::do_tasks() {
  to_show_.clear();
  for (Task* task : {&sample_, &eval_}) {
    if (task->due()) to_show_.push_back(task);
  }
  const bool logs = log_.due();
  if (logs) attempt(log_, log_.act);
  if (save_.due()) attempt(save_, save_.act);
  show();
  if (logs) progress_->logged(standing());  // with the score of this step, if it was judged
  progress_->step(standing());
}

void Trainer::show() {
  const auto had = to_show_.size();
  for (Task* task : std::vector<Task*>(to_show_)) {
    if (task == &eval_ && !judges()) continue;  // whoever can judge is not here today
    if (attempt(*task, task->act)) std::erase(to_show_, task);
  }
  if (had == 0 || saved_step_ != step_) return;
  attempt(save_, [&] {
    if (to_show_.size() < had) save();  // the checkpoint had them still to do
    prune();
  });
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
  } catch (const std::exception& error) {  // whatever it is, it is not worth the run
    failure = task.what + (": " + message_of(error));
  }
  const bool before = std::exchange(task.written, failure.empty());
  if (before && !task.written) {
    progress_->warn(failure + (finished() ? "; a resume tries it again"
                                          : "; training goes on, and this is tried again when next due"));
  }
  if (!before && task.written) {
    progress_->info("step " + to_text(step_) + ": " + task.what + " work again");
  }
  return task.written;
}

bool Trainer::due(const Every& every, int64_t step) const {
  return every.due(step, steps_per_epoch(options_, data_.size()));
}

void Trainer::require_finite_losses() {
  if (!stepper_->losses_are_finite()) throw diverged(losses_text(stepper_->losses()));
}

Diverged Trainer::diverged(const std::string& what) const {
  const std::string text =
      "step " + to_text(step_) + ": " + what + "; a smaller --lr, or another --seed, usually helps";
  return options_.on_nan == OnNan::rollback ? Diverged(text, step_) : Diverged(text);
}

int64_t Trainer::well_until() const {
  return judges() && best_.step >= 0 ? best_.step : step_ - 1;
}

void Trainer::require_finite_weights() {
  for (const Player& player : model_->players()) {
    for (const auto& [name, value] : state_dict(player.network).items) {
      if (at::isfinite(std::get<at::Tensor>(value).detach()).all().item<bool>()) continue;
      throw diverged("the weights are not finite any more: " + name + " of the " + player.name);
    }
  }
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
    const Best best = best_;
    load(last->content);
    set_aside(last->damaged);
    folder_->drop_checkpoints_after(step_);  // a resume is to begin here, too
    rollbacks_ = rollback;
    best_ = best;                             // g-best.pt is still there
    watchdog_ = watchdog_for(options_.game);  // so that it does not bark again at once
    metrics_->cut(metrics_bytes_);
    stand_at_checkpoint();
    attempt(save_, [this] { tidy_up(); });  // no step may follow
    seed_default_generators(mix_seed(seed_for(options_, kNoiseAfterRollback), static_cast<uint64_t>(rollback)));
    progress_->warn(told + "; back to step " + to_text(step_) + " with other noise, " + to_text(rollback) + " of " +
                    to_text(kMostRollbacks));
  } catch (const Error& error) {
    throw Diverged(told + "; and there is no way back: " + error.what());
  }
}

int64_t Trainer::epoch() const {
  const int64_t per_epoch = steps_per_epoch(options_, data_.size());
  return (step_ + per_epoch - 1) / per_epoch;
}

Standing Trainer::standing() {
  const int64_t per_epoch = steps_per_epoch(options_, data_.size()), total = total_steps(options_, data_.size());
  standing_.step = step_;
  standing_.total_steps = total;
  standing_.epoch = epoch();
  standing_.epochs = (total + per_epoch - 1) / per_epoch;
  standing_.stays = step_ % per_epoch == 0 || finished();
  const double span = seconds() - logged_seconds_;
  if (images_seen_ > logged_images_ && span > 0) {
    standing_.images_per_second = static_cast<double>(images_seen_ - logged_images_) / span;
  }
  const double rate = std::max(1e-9, standing_.images_per_second);
  standing_.seconds_left = static_cast<double>(total - step_) * static_cast<double>(options_.batch_size) / rate;
  if (options_.max_minutes > 0) {
    standing_.seconds_left = std::min(standing_.seconds_left, options_.max_minutes * 60 - seconds());
  }
  return standing_;
}

MetricsLog::Line Trainer::begin_line(const char* kind) {
  return {{"kind", kind},
          {"step", static_cast<double>(step_)},
          {"epoch", static_cast<double>(standing().epoch)},
          {"images_seen", static_cast<double>(images_seen_)},
          {"seconds", seconds()}};
}

void Trainer::log() {
  Losses losses = stepper_->losses();
  if (!losses.finite) throw diverged(losses_text(losses));
  standing_.values = std::move(losses.values);
  const Standing now = standing();
  MetricsLog::Line line = begin_line("step");
  line.emplace_back("images_per_second", now.images_per_second);
  line.insert(line.end(), now.values.begin(), now.values.end());
  line.emplace_back("peak_memory_bytes", static_cast<double>(peak_memory(device_)));
  logged_seconds_ = seconds();
  logged_images_ = images_seen_;
  heed_after([&] { metrics_->write(line); }, watchdog_.logged(now.values));
}

void Trainer::evaluate() {
  if (!judges()) return;
  const std::string ruler = evaluator_->sha256() + ", " + to_text(options_.eval_samples) + " samples";
  if (best_.ruler != ruler) {
    best_ = {.ruler = ruler};
    watchdog_ = watchdog_for(options_.game);
  }
  const FreedMemoryGivenBack judging;
  const at::Tensor samples =
      sample_seeds(average_.network(), latents(), seeds_from(kFirstJudgedSeed, options_.eval_samples));
  Watchdog::Values values;
  for (const auto& [name, estimate] : evaluator_->evaluate(samples)) values.emplace_back(name, estimate.value);
  const auto& [name, distance] = values.front();
  standing_.scores = {values.front()};
  MetricsLog::Line line = begin_line("evaluation");
  line.emplace_back("classifier", evaluator_->sha256());
  line.insert(line.end(), values.begin(), values.end());
  best_.last_distance = distance;
  const auto keep = [&] {
    metrics_->write(line);
    if (best_.step >= 0 && distance >= best_.distance) return;
    write_generator(folder_->best_generator(), generator());
    best_.step = step_, best_.distance = distance, best_.name = name;
  };
  heed_after(keep, watchdog_.evaluated(values, relative_spread(samples)));
}

double Trainer::relative_spread(const at::Tensor& samples) const {
  constexpr int64_t kEnough = 1000;  // images, from all of the data: it may be sorted
  const auto spread = [](const at::Tensor& images) { return at::std(images.to(at::kFloat), 0).mean().item<double>(); };
  return spread(samples) / spread(data_.images.slice(0, 0, data_.size(), std::max<int64_t>(1, data_.size() / kEnough)));
}

void Trainer::heed_after(const std::function<void()>& write, const std::vector<std::string>& faults) {
  try {
    write();
  } catch (const Error&) {
    heed(faults);
    throw;
  }
  heed(faults);
}

void Trainer::heed(const std::vector<std::string>& faults) {
  for (const auto& fault : faults) {
    const std::string text = "step " + to_text(step_) + ": " + fault;
    if (options_.on_collapse == OnCollapse::stop) throw Diverged(text);
    if (options_.on_collapse == OnCollapse::rollback) throw Diverged(text, well_until());
    progress_->warn(text);
  }
}

void Trainer::draw_sample() {
  // The tiles of seeds 0, 1, 2, ...: gan-sample draws the same ones.
  const at::Tensor samples = sample_seeds(average_.network(), latents(), seeds_from(0, options_.grid.count()));
  const auto write = [&] { write_png(folder_->sample(step_), make_grid(samples, options_.grid)); };
  constexpr int64_t kYoung = 500;  // steps in which a G that does well may still draw all alike
  const bool has_spread = !judges() && samples.size(0) > 1 && step_ >= kYoung;
  heed_after(write, has_spread ? watchdog_.looked_at(relative_spread(samples)) : std::vector<std::string>());
}

void Trainer::save_start(const RunFolder& folder) {
  make_folder(folder.checkpoints());
  write_gan_file(folder.checkpoint(step_), GanFile::checkpoint, checkpoint());
}

void Trainer::save() {
  require_finite_losses();
  require_finite_weights();
  write_gan_file(folder_->checkpoint(step_), GanFile::checkpoint, checkpoint());
  saved_step_ = step_;
  tidy_up();
}

void Trainer::tidy_up() {
  if (to_show_.empty()) prune();
  write_generator(folder_->generator(), generator());
}

void Trainer::prune() {
  std::vector<std::filesystem::path> well;
  if (options_.on_collapse == OnCollapse::rollback) well = folder_->checkpoints_to_go_back_to(well_until());
  folder_->prune_checkpoints(kCheckpointsKept, [&](int64_t step) {
    return due(options_.keep_every, step) || (!well.empty() && folder_->checkpoint(step) == well.front());
  });
}

Dict Trainer::checkpoint() {
  Dict players;
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    const Player& player = model_->players()[i];
    players.set(player.name, Dict{{{"weights", state_dict(player.network)}, {"optimizer", optimizers_[i].state()}}});
  }
  const auto is_left = [this](const Task& task) { return std::ranges::find(to_show_, &task) != to_show_.end(); };
  Dict random{{{"cpu", generator_state(default_generator(at::kCPU))}}};
  if (device_.is_cuda()) random.set("cuda", generator_state(default_generator(device_)));
  return {{{"options", to_dict(options_)},
           {"machine", machine(device_)},
           {"image_shape", image_shape_to_dict(data_.shape())},
           {"image_count", data_.size()},
           {"image_crc32", int64_t{data_crc()}},
           {"step", step_},
           {"images_seen", images_seen_},
           {"seconds", seconds()},
           {"seconds_at_step", seconds_at_step_},
           {"rollbacks", rollbacks_},
           {"metrics_bytes", metrics_ ? metrics_->sync() : metrics_bytes_},
           {"to_show", Dict{{{"grid", is_left(sample_)}, {"evaluation", is_left(eval_)}}}},
           {"scalars", stepper_->state()},
           {"best", Dict{{{"step", best_.step},
                          {"distance", best_.distance},
                          {"name", best_.name},
                          {"ruler", best_.ruler},
                          {"last_distance", best_.last_distance}}}},
           {"watchdog", watchdog_.state()},
           {"players", players},
           {"average", Dict{{{"weights", state_dict(average_.network())}, {"updates", average_.updates()}}}},
           {"batches", batches_.state()},
           {"random", random},
           {"latent_generator", to_text(latent_generator_)}}};
}

void Trainer::load(const Dict& checkpoint) {
  const ImageShape images = image_shape_from_dict(checkpoint.get<Dict>("image_shape"));
  const auto count = checkpoint.get<int64_t>("image_count");
  if (images != data_.shape() || count != data_.size()) {
    throw Error("--data: expected the " + to_text(count) + " images of " + to_text(images) +
                " that the run began with, got " + to_text(data_.size()) + " of " + to_text(data_.shape()));
  }
  if (checkpoint.get<int64_t>("image_crc32") != data_crc()) {
    throw Error("--data: " + options_.data + " holds other images than those that the run began with");
  }
  load_player_weights(checkpoint);
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    optimizers_[i].load(checkpoint.get<Dict>("players").get<Dict>(model_->players()[i].name).get<Dict>("optimizer"));
  }
  stepper_->load(checkpoint.get<Dict>("scalars"));
  if (checkpoint.contains("best")) {
    const Dict& best = checkpoint.get<Dict>("best");
    best_ = {.step = best.get<int64_t>("step"),
             .distance = best.get<double>("distance"),
             .name = best.get<std::string>("name"),
             .ruler = best.get<std::string>("ruler"),
             .last_distance = best.get<double>("last_distance")};
    watchdog_.load(checkpoint.get<Dict>("watchdog"));
  }
  const Dict& average = checkpoint.get<Dict>("average");
  load_state_dict(average_.network(), average.get<Dict>("weights"));
  average_.set_updates(count_in(average, "updates"));
  batches_.load(checkpoint.get<Dict>("batches"));
  latent_generator_ = latent_generator_of(checkpoint);
  const LeftToShow left = left_to_show(checkpoint);
  to_show_.clear();
  if (left.grid) to_show_.push_back(&sample_);
  if (left.evaluation) to_show_.push_back(&eval_);
  step_ = count_in(checkpoint, "step");
  images_seen_ = count_in(checkpoint, "images_seen");
  rollbacks_ = count_in(checkpoint, "rollbacks");
  metrics_bytes_ = count_in(checkpoint, "metrics_bytes");
  // In the middle of a sitting the clock runs on: time spent on what is taken back has been spent.
  if (started_ == 0) {
    seconds_before_ = std::max(0.0, checkpoint.get<double>("seconds"));
    seconds_at_step_ = gan::seconds_at_step(checkpoint);
  }

  const Dict& random = checkpoint.get<Dict>("random");
  const char* own = device_.is_cuda() ? "cuda" : "cpu";
  if (random.contains(own)) {
    set_generator_state(default_generator(device_), random.get<at::Tensor>(own));
  } else {  // the run comes from another kind of device, whose noise cannot be drawn here
    seed_default_generators(mix_seed(seed_for(options_, kNoiseOfDevice), static_cast<uint64_t>(step_)));
  }
}

void Trainer::load_weights(const Dict& checkpoint) {
  try {
    load_player_weights(checkpoint);
  } catch (const Error&) {
    const ImageShape images = image_shape_from_dict(checkpoint.get<Dict>("image_shape"));
    std::string changes = network_changes(options_from_dict(checkpoint.get<Dict>("options")), options_);
    if (images != data_.shape()) {
      changes += (changes.empty() ? "" : ", ") + ("data: " + to_text(images)) + " -> " + to_text(data_.shape());
    }
    if (changes.empty()) throw;
    throw Error("--fork: the run's weights do not fit other networks; changed: " + changes);
  }
  const Dict& average = checkpoint.get<Dict>("average");
  const bool averaged = options_from_dict(checkpoint.get<Dict>("options")).ema > 0 && options_.ema > 0;
  if (averaged) {
    load_state_dict(average_.network(), average.get<Dict>("weights"));
    average_.set_updates(count_in(average, "updates"));
  } else if (options_.ema > 0) {
    load_state_dict(average_.network(), state_dict(networks_.generator));
  }
}

void Trainer::load_player_weights(const Dict& checkpoint) {
  for (const Player& player : model_->players()) {
    load_state_dict(player.network, checkpoint.get<Dict>("players").get<Dict>(player.name).get<Dict>("weights"));
  }
}

uint32_t Trainer::data_crc() {
  if (!data_crc_) data_crc_ = data_.crc32();
  return *data_crc_;
}

}  // namespace gan
