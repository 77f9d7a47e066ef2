#include "gan/run/trainer.h"

#include <algorithm>
#include <chrono>

#include "gan/base/file.h"
#include "gan/base/random.h"
#include "gan/images/png.h"
#include "gan/networks/summary.h"
#include "gan/run/device.h"
#include "gan/run/sampler.h"
#include "gan/run/stop.h"

namespace gan {

namespace {

constexpr size_t kCheckpointsKept = 2;

// Each use of the run's seed draws its own numbers.
enum SeedUse : uint64_t { kWeights, kOrderOfImages, kNoise };

double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

const Options& validated(const Options& options, const Dataset& data) {
  validate(options);
  validate(options, data);
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

Network blank_generator(const Options& options, ImageShape images, at::Device device) {
  Network network = build_networks(options.network, images).generator;
  move_to(network, device);
  return network;
}

}  // namespace

Trainer::Trainer(const Options& options, const Dataset& data)
    : options_(validated(options, data)),
      device_(find_device(options.device)),
      images_(data.shape()),
      image_count_(used_part(options, data).size()),
      networks_(seeded_networks(options, images_, device_)),
      model_(std::make_unique<Gan>(networks_, options.game)),
      average_(networks_.generator, blank_generator(options, images_, device_), options.ema),
      batches_(used_part(options, data).to(device_), options.batch_size, options.sampling,
               seed_for(options, kOrderOfImages)),
      real_(data.images.narrow(0, 0, std::min(options.grid.count(), image_count_))) {
  optimizers_.emplace_back(networks_.generator, options.g_optimizer);
  optimizers_.emplace_back(networks_.discriminator, options.d_optimizer);
  stepper_ = std::make_unique<Stepper>(*model_, optimizers_, options.precision);
  seed_default_generators(seed_for(options, kNoise));
}

void Trainer::run(const RunFolder& folder, Progress& progress) {
  begin(folder, progress);
  while (!stop_signal() && !finished()) {
    const Batch batch = batches_.next();
    for (const Turn& turn : model_->turns()) {
      if (turn.every.due(step_ + 1, 1)) stepper_->take(turn, batch);
    }
    average_.follow();
    advance(batch);
    do_tasks();
  }
  do_last_tasks();
}

bool Trainer::finished() const {
  const bool out_of_time = options_.max_minutes > 0 && seconds() >= options_.max_minutes * 60;
  return step_ >= total_steps(options_, image_count_) || out_of_time;
}

double Trainer::seconds() const {
  return seconds_before_ + (started_ > 0 ? clock_seconds() - started_ : 0);
}

TrainedGenerator Trainer::generator() const {
  return {.options = options_,
          .images = images_,
          .step = step_,
          .averaged = average_.network(),
          .raw = networks_.generator,
          .discriminator = networks_.discriminator};
}

std::string Trainer::summary() const {
  return gan::summary("Generator", networks_.generator, {options_.network.latent_size}) + "\n" +
         gan::summary("Discriminator", networks_.discriminator, {images_.channels, images_.height, images_.width});
}

void Trainer::begin(const RunFolder& folder, Progress& progress) {
  folder_ = &folder;
  progress_ = &progress;
  metrics_ = std::make_unique<MetricsLog>(folder.metrics(), metrics_bytes_);
  tasks_ = {{options_.log_every, [this] { log(); }},
            {options_.sample_every, [this] { draw_sample(); }},
            {options_.checkpoint_every, [this] { save(); }}};
  if (step_ > 0) {
    for (auto& task : tasks_) task.last_step = step_;  // done before the checkpoint was written
  } else {
    const auto shape = real_.size(0) == options_.grid.count() ? options_.grid : square_grid(real_.size(0));
    write_png(folder.real(), make_grid(real_, shape));
    draw_sample();
  }
  logged_seconds_ = seconds_before_;
  logged_images_ = images_seen_;
  started_ = clock_seconds();
}

void Trainer::advance(const Batch& batch) {
  ++step_;
  images_seen_ += batch.images.size(0);
}

void Trainer::do_tasks() {
  for (auto& task : tasks_) {
    if (!task.every.due(step_, steps_per_epoch(options_, image_count_))) continue;
    task.run();
    task.last_step = step_;
  }
  progress_->step(standing());
}

void Trainer::do_last_tasks() {
  // A run that was asked to stop goes on later: it saves, and writes no line that the run never stopped would not have.
  const bool only_save = !finished();
  for (auto& task : only_save ? std::vector<Task>{tasks_.back()} : tasks_) {
    if (task.last_step != step_) task.run();
  }
}

Standing Trainer::standing() {
  const int64_t per_epoch = steps_per_epoch(options_, image_count_), total = total_steps(options_, image_count_);
  standing_.step = step_;
  standing_.total_steps = total;
  standing_.epoch = (step_ + per_epoch - 1) / per_epoch;
  standing_.epochs = (total + per_epoch - 1) / per_epoch;
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

void Trainer::log() {
  standing_.values.clear();
  for (const auto& [name, tensor] : stepper_->scalars()) standing_.values.emplace_back(name, tensor.item<double>());
  const Standing now = standing();
  MetricsLog::Line line{{"step", static_cast<double>(step_)},
                        {"epoch", static_cast<double>(now.epoch)},
                        {"images_seen", static_cast<double>(images_seen_)},
                        {"seconds", seconds()},
                        {"images_per_second", now.images_per_second}};
  line.insert(line.end(), now.values.begin(), now.values.end());
  line.emplace_back("peak_memory_bytes", static_cast<double>(peak_memory(device_)));
  metrics_->write(line);
  progress_->logged(now);
  logged_seconds_ = seconds();
  logged_images_ = images_seen_;
}

void Trainer::draw_sample() {
  // The tiles of seeds 0, 1, 2, ...: gan-sample draws the same ones.
  const at::Tensor latents =
      latents_of_seeds(options_.game.noise, seeds_from(0, options_.grid.count()), options_.network.latent_size);
  write_png(folder_->sample(step_), make_grid(sample_images(average_.network(), latents), options_.grid));
}

void Trainer::save() {
  write_checkpoint(folder_->checkpoint(step_), FileKind::checkpoint, checkpoint());
  write_generator(folder_->generator(), generator());
  folder_->prune_checkpoints(kCheckpointsKept);
}

Dict Trainer::checkpoint() {
  Dict players;
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    const Player& player = model_->players()[i];
    players.set(player.name, Dict{{{"weights", state_dict(player.network)}, {"optimizer", optimizers_[i].state()}}});
  }
  Dict random{{{"cpu", generator_state(default_generator(at::kCPU))}}};
  if (device_.is_cuda()) random.set("cuda", generator_state(default_generator(device_)));
  return {{{"options", to_dict(options_)},
           {"image_shape", image_shape_to_dict(images_)},
           {"image_count", image_count_},
           {"step", step_},
           {"images_seen", images_seen_},
           {"seconds", seconds()},
           {"metrics_bytes", metrics_->sync()},
           {"players", players},
           {"average", Dict{{{"weights", state_dict(average_.network())}, {"updates", average_.updates()}}}},
           {"batches", batches_.state()},
           {"random", random}}};
}

void Trainer::load(const Dict& checkpoint) {
  const ImageShape images = image_shape_from_dict(checkpoint.get<Dict>("image_shape"));
  const auto count = checkpoint.get<int64_t>("image_count");
  if (images != images_ || count != image_count_) {
    throw Error("--data: expected the " + std::to_string(count) + " images of " + to_text(images) +
                " that the run began with, got " + std::to_string(image_count_) + " of " + to_text(images_));
  }
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    const Dict& player = checkpoint.get<Dict>("players").get<Dict>(model_->players()[i].name);
    load_state_dict(model_->players()[i].network, player.get<Dict>("weights"));
    optimizers_[i].load(player.get<Dict>("optimizer"));
  }
  const Dict& average = checkpoint.get<Dict>("average");
  load_state_dict(average_.network(), average.get<Dict>("weights"));
  average_.set_updates(average.get<int64_t>("updates"));
  batches_.load(checkpoint.get<Dict>("batches"));
  step_ = checkpoint.get<int64_t>("step");
  images_seen_ = checkpoint.get<int64_t>("images_seen");
  seconds_before_ = checkpoint.get<double>("seconds");
  metrics_bytes_ = checkpoint.get<int64_t>("metrics_bytes");
  const Dict& random = checkpoint.get<Dict>("random");
  set_generator_state(default_generator(at::kCPU), random.get<at::Tensor>("cpu"));
  if (device_.is_cuda() && random.contains("cuda")) {
    set_generator_state(default_generator(device_), random.get<at::Tensor>("cuda"));
  }
}

}  // namespace gan
