#include "gan/run/checkpoint.h"

#include "gan/base/archive.h"
#include "gan/base/gan_file.h"
#include "gan/base/text.h"
#include "gan/base/version.h"
#include "gan/device/device.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

/// Throws Error unless the weights can be those of the networks that the options describe, before those take memory.
void require_weights(const Options& options, ImageShape images, const std::vector<const Dict*>& states) {
  require_image_shape(options.network.arch, images);
  int64_t elements = 0;
  for (const Dict* state : states) {
    for (const auto& [name, value] : state->items) elements += state->get<at::Tensor>(name).numel();
  }
  const int64_t expected = parameter_count(options.network, images);
  if (elements < expected) {
    throw Error("the networks that its options describe have " + with_commas(expected) + " weights, it holds " +
                with_commas(elements));
  }
}

}  // namespace

std::optional<Checkpoint> newest_checkpoint(const RunFolder& folder, int64_t last) {
  Checkpoint found;
  for (const auto& path : folder.checkpoints_to_go_back_to(last)) {
    try {
      found.content = read_archive(path);
    } catch (const Error& error) {
      found.damaged.push_back({path, error.what()});
      continue;
    }
    with_context(path.string(), [&] {
      require_gan_file(found.content, GanFile::checkpoint);
      found.options = options_from_dict(found.content.get<Dict>("options"));
      const Dict& players = found.content.get<Dict>("players");
      std::vector<const Dict*> weights;
      for (const auto& [name, player] : players.items) weights.push_back(&players.get<Dict>(name).get<Dict>("weights"));
      require_weights(found.options, image_shape_from_dict(found.content.get<Dict>("image_shape")), weights);
    });
    const int64_t step = found.content.get<int64_t>("step");
    if (folder.checkpoint(step).filename() != path.filename()) {
      found.damaged.push_back({path, Error(path.string() + ": holds step " + to_text(step)).what()});
      continue;
    }
    found.path = path;
    return found;
  }
  if (found.damaged.empty()) return std::nullopt;
  std::string all;
  for (const auto& damaged : found.damaged) all += (all.empty() ? "" : "; ") + damaged.what;
  throw Error("no checkpoint is whole: " + all);
}

double seconds_at_step(const Dict& checkpoint) {
  if (checkpoint.contains("seconds_at_step")) return checkpoint.get<double>("seconds_at_step");
  return std::max(0.0, checkpoint.get<double>("seconds"));
}

LeftToShow left_to_show(const Dict& checkpoint) {
  if (!checkpoint.contains("to_show")) return {};
  const Dict& left = checkpoint.get<Dict>("to_show");
  return {.grid = left.get<bool>("grid"), .evaluation = left.get<bool>("evaluation")};
}

bool is_done(const RunFolder& folder, const Checkpoint& newest, const Options& options) {
  const Dict& run = newest.content;
  const auto step = run.get<int64_t>("step");
  if (!is_over(options, run.get<int64_t>("image_count"), step, seconds_at_step(run))) return false;
  if (const LeftToShow left = left_to_show(run); left.grid || left.evaluation) return false;
  try {
    return read_gan_file(folder.generator(), GanFile::generator).get<int64_t>("step") == step;
  } catch (const Error&) {  // a resume writes it
    return false;
  }
}

void set_aside(const std::vector<DamagedCheckpoint>& damaged) {
  for (const auto& checkpoint : damaged) {
    fs::path aside = checkpoint.path.string() + ".damaged";
    for (int more = 2; fs::exists(fs::symlink_status(aside)); ++more) {
      aside = checkpoint.path.string() + ".damaged-" + to_text(int64_t{more});
    }
    std::error_code error;
    fs::rename(checkpoint.path, aside, error);
    if (error) throw Error(checkpoint.path.string() + ": cannot rename: " + error.message());
  }
}

void write_generator(const fs::path& path, const TrainedGenerator& trained) {
  write_gan_file(path, GanFile::generator,
                 {{{"options", to_dict(trained.options)},
                   {"image_shape", image_shape_to_dict(trained.images)},
                   {"step", trained.step},
                   {"latent_generator", to_text(trained.latent_generator)},
                   {"sha256", weights_sha256(trained.averaged)},
                   {"generator", state_dict(trained.averaged)},
                   {"generator_raw", state_dict(trained.raw)},
                   {"discriminator", state_dict(trained.discriminator)}}});
}

TrainedGenerator read_generator(const fs::path& path) {
  const Dict file = read_gan_file(path, GanFile::generator);
  return with_context(path.string(), [&] { return generator_from_dict(file); });
}

TrainedGenerator generator_from_dict(const Dict& file) {
  TrainedGenerator trained{.options = options_from_dict(file.get<Dict>("options")),
                           .images = image_shape_from_dict(file.get<Dict>("image_shape")),
                           .step = file.get<int64_t>("step"),
                           .latent_generator = latent_generator_of(file)};
  const Dict &averaged = file.get<Dict>("generator"), &raw = file.get<Dict>("generator_raw"),
             &discriminator = file.get<Dict>("discriminator");
  require_weights(trained.options, trained.images, {&raw, &discriminator});
  const NetworkPair pair = build_networks(trained.options.network, trained.images);
  trained.raw = pair.generator;
  trained.discriminator = pair.discriminator;
  trained.averaged = build_networks(trained.options.network, trained.images).generator;
  load_state_dict(trained.averaged, averaged);
  load_state_dict(trained.raw, raw);
  load_state_dict(trained.discriminator, discriminator);
  return trained;
}

LatentGenerator latent_generator_of(const Dict& file) {
  auto generator = LatentGenerator::mt19937;
  if (!file.contains("latent_generator")) return generator;
  const auto& word = file.get<std::string>("latent_generator");
  if (!parse_text(word, generator)) {
    throw Error("'latent_generator': expected " + words<LatentGenerator>() + ", got '" + word + "'");
  }
  return generator;
}

}  // namespace gan
