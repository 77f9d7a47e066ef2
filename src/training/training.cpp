#include "gan/training/training.h"

#include <algorithm>
#include <numeric>

#include "gan/base/random.h"
#include "gan/base/text.h"
#include "gan/device/device.h"
#include "gan/dist/world.h"

namespace gan {

namespace {

// Each use of the run's seed draws its own numbers.
enum SeedUse : uint64_t { kWeights, kOrderOfImages, kNoise, kNoiseAfterRollback, kNoiseOfDevice };

uint64_t seed_for(const Options& options, SeedUse use) {
  return mix_seed(static_cast<uint64_t>(options.seed), use);
}

/// A new model on the device, whose weights the seed decides.
std::unique_ptr<Model> seeded_model(const Options& options, const DataShape& data, Budget& budget, at::Device device) {
  seed_default_generators(seed_for(options, kWeights));
  std::unique_ptr<Model> model = make_model(options, data, budget);
  move_to(*model, device);
  return model;
}

const OptimizerOptions& settings_of(Role role, const Options& options) {
  return role == Role::generator ? options.g_optimizer : options.d_optimizer;
}

}  // namespace

Training::Training(const Options& options, const Dataset& data, Budget budget, Recorder recorder)
    : options_(options),
      data_{data.data_shape()},
      device_(find_device(options.device)),
      model_(seeded_model(options, data_, budget, device_)),
      batches_(data.to(device_), options.batch_size, options.sampling, seed_for(options, kOrderOfImages),
               options.mirror) {
  for (const Player& player : model_->players()) {
    optimizers_.emplace_back(parameters(*model_, player), settings_of(player.role, options));
  }
  for (const Part& part : model_->parts()) {
    if (part.averaged) averages_.emplace(part.name, Average(part.network, options.ema));
  }
  if (!world().group.alone()) batches_.take_rows(world().first_row(), world().rows());
  stepper_ = std::make_unique<Stepper>(*model_, optimizers_, options.precision, std::move(recorder));
  seed_default_generators(seed_for(options, kNoise));
}

void Training::take_step(const AfterPiece& after) {
  const Batch batch = batches_.next();
  if (after) after("batch");
  for (Optimizer& optimizer : optimizers_) optimizer.set_step(step_ + 1);
  stepper_->take_turns(step_ + 1, batch, after);
  for (auto& [name, average] : averages_) average.follow();
  if (after) after("average");
  ++step_;
  images_seen_ += options_.batch_size;
}

std::optional<std::string> Training::non_finite_weight() const {
  for (const Part& part : model_->parts()) {
    for (const auto& [name, value] : state_dict(part.network).items) {
      if (!at::isfinite(std::get<at::Tensor>(value).detach()).all().item<bool>()) return name + " of the " + part.name;
    }
  }
  return std::nullopt;
}

Dict Training::averaged_state(const Part& part) const {
  const auto average = averages_.find(part.name);
  return average == averages_.end() ? state_dict(part.network) : average->second.state_dict();
}

void Training::change_noise(int64_t n) {
  seed_default_generators(mix_seed(seed_for(options_, kNoiseAfterRollback), static_cast<uint64_t>(n)));
}

int64_t Training::cycle() const {
  int64_t steps = 1;
  for (const Turn& turn : model_->turns()) steps = std::lcm(steps, turn.every.count);
  return steps;
}

double Training::operations() const {
  double sum = 0;
  for (const Turn& turn : model_->turns()) {
    sum += gan::operations(*model_, turn) / static_cast<double>(turn.every.count);
  }
  return sum * static_cast<double>(options_.batch_size);
}

Dict Training::state() const {
  Dict parts, optimizers, averages;
  for (const Part& part : model_->parts()) parts.set(part.name, state_dict(part.network));
  for (size_t i = 0; i < optimizers_.size(); ++i) optimizers.set(model_->players()[i].name, optimizers_[i].state());
  for (const auto& [name, average] : averages_) {
    averages.set(name, Dict{{{"weights", average.state_dict()}, {"updates", average.updates()}}});
  }
  Dict random{{{"cpu", generator_state(default_generator(at::kCPU))}}};
  if (device_.is_cuda()) random.set("cuda", generator_state(default_generator(device_)));
  return {{{"step", step_},
           {"images_seen", images_seen_},
           {"parts", parts},
           {"optimizers", optimizers},
           {"averages", averages},
           {"batches", batches_.state()},
           {"random", random},
           {"latent_generator", to_text(model_->latents().generator())},
           {"scalars", stepper_->state()}}};
}

void Training::load(const Dict& state) {
  load_parts(state);
  const Dict& optimizers = state.get<Dict>("optimizers");
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    optimizers_[i].load(optimizers.get<Dict>(model_->players()[i].name));
  }
  load_averages(state);
  stepper_->load(state.get<Dict>("scalars"));
  batches_.load(state.get<Dict>("batches"));
  model_->latents().set_generator(latent_generator_of(state));
  step_ = count_in(state, "step");
  images_seen_ = count_in(state, "images_seen");

  const Dict& random = state.get<Dict>("random");
  const char* own = device_.is_cuda() ? "cuda" : "cpu";
  if (random.contains(own)) {
    set_generator_state(default_generator(device_), random.get<at::Tensor>(own));
  } else {
    seed_default_generators(mix_seed(seed_for(options_, kNoiseOfDevice), static_cast<uint64_t>(step_)));
  }
}

void Training::load_weights(const Dict& state, bool averaged) {
  load_parts(state);
  if (averaged && options_.ema > 0) return load_averages(state);
  for (auto& [name, average] : averages_) average.load(state_dict(model_->part(name).network), 0);
}

void Training::load_parts(const Dict& state) {
  const Dict& parts = state.get<Dict>("parts");
  for (const Part& part : model_->parts()) load_state_dict(part.network, parts.get<Dict>(part.name));
}

void Training::load_averages(const Dict& state) {
  const Dict& averages = state.get<Dict>("averages");
  for (auto& [name, average] : averages_) {
    const Dict& saved = averages.get<Dict>(name);
    average.load(saved.get<Dict>("weights"), count_in(saved, "updates"));
  }
}

}  // namespace gan
