// Small runs on mnist-tiny, for tests of trainers.
#pragma once

#include <sstream>

#include "gan/base/random.h"
#include "gan/device/device.h"
#include "gan/run/checkpoint.h"
#include "gan/run/model_file.h"
#include "gan/run/trainer.h"
#include "gan/sampling/sampler.h"
#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan::test {

inline const Dataset& digits() {
  static const Dataset data = load_dataset(test::mnist_tiny());
  return data;
}

inline Options small(int64_t steps) {
  Options options = find_recipe("dcgan").options;
  options.network.base_channels = 4, options.network.depth = 0;
  options.batch_size = 16;
  options.steps = steps;
  options.log_every = {5};
  options.sample_every = {10};
  options.checkpoint_every = {10};
  options.grid = {2, 3};
  options.threads = 1;
  return options;
}

/// Trains into `folder`, which is new.
inline void train(const Options& options, const RunFolder& folder) {
  set_up_cpu(options.threads);
  Trainer trainer(options, digits());
  Progress progress({}, true);
  trainer.run(folder, progress);
}

inline void resume(Options options, const RunFolder& folder) {
  Trainer trainer(options, digits());
  trainer.load(newest_checkpoint(folder)->content);
  Progress progress({}, true);
  trainer.run(folder, progress);
}

/// The same run into both folders, broken at the middle in the second one.
inline void train_straight_and_broken(const Options& options, const RunFolder& straight, const RunFolder& broken) {
  train(options, straight);
  Options half = options;
  half.steps = options.steps / 2;
  train(half, broken);
  seed_default_generators(99);  // what happens between the sittings must not matter
  resume(options, broken);
}

/// metrics.jsonl without times and memory.
inline std::string timeless_metrics(const RunFolder& folder) {
  return without_times(test::slurp(folder.metrics()));
}

/// The beginnings of all lines of metrics.jsonl, up to their time.
inline std::string steps_of_lines(const RunFolder& folder) {
  std::istringstream lines(test::slurp(folder.metrics()));
  std::string text;
  for (std::string line; std::getline(lines, line);) text += line.substr(0, line.find("\"seconds\"")) + "\n";
  return text;
}

/// The weights of a part that g.pt holds.
inline std::string sha_in(const std::filesystem::path& g_pt, WeightsKind weights,
                          const std::string& part = "generator") {
  return weights_sha256(read_model(g_pt, weights).model->part(part).network);
}

/// The weights of a trainer's part.
inline std::string sha_of(const Trainer& trainer, const std::string& part = "generator") {
  return weights_sha256(trainer.training().model().part(part).network);
}

/// A dictionary whose entry at that path has another value.
inline Dict with(Dict dict, const std::vector<std::string>& path, const Value& value) {
  for (auto& [key, held] : dict.items) {
    if (key != path.front()) continue;
    held = path.size() == 1 ? value : Value(with(std::get<Dict>(held), {path.begin() + 1, path.end()}, value));
  }
  return dict;
}

/// `file` with other options and image shape in it.
inline Dict asking_for(const Dict& file, const std::vector<std::string>& shape, const ModelOptions& model,
                       ImageShape images) {
  Options options = options_from_dict(file.get<Dict>("options"));
  static_cast<ModelOptions&>(options) = model;
  return with(with(file, {"options"}, to_dict(options)), shape, image_shape_to_dict(images));
}

/// Networks far larger than the memory of the machine, or than a small file.
inline const std::vector<std::pair<ModelOptions, ImageShape>> kEnormous{
    {{.network = {.arch = Arch::dcgan, .base_channels = 1024}, .latent = {.size = 65536}}, {3, 32, 32}},
    {{.network = {.arch = Arch::upconv}, .latent = {.size = 65536}}, {3, 4096, 4096}},
    {{.network = {.arch = Arch::mlp}, .latent = {.size = 65536}}, {3, 4096, 4096}}};

}  // namespace gan::test
