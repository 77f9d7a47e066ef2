#include "gan/run/checkpoint.h"

#include "gan/base/archive.h"
#include "gan/base/sha256.h"
#include "gan/base/text.h"
#include "gan/run/device.h"
#include "gan/run/libtorch.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

/// Each kind's name and version. A version grows when a file that an older program wrote lacks something.
struct Format {
  std::string name;
  int64_t version;
};

Format format_of(ArchiveKind kind) {
  switch (kind) {
    case ArchiveKind::checkpoint:
      return {"gan checkpoint", 2};
    case ArchiveKind::generator:
      return {"gan generator", 1};
    case ArchiveKind::classifier:
      return {"gan classifier", 1};
  }
  TORCH_CHECK(false, "format_of: unknown kind");
}

void require_kind(const Dict& file, ArchiveKind kind) {
  const Format expected = format_of(kind);
  if (!file.contains("format")) throw Error("not a file of this program: expected a '" + expected.name + "'");
  const auto& name = file.get<std::string>("format");
  if (name != expected.name) throw Error("expected a '" + expected.name + "', got a '" + name + "'");
  const int64_t version = file.get<int64_t>("version");
  if (version != expected.version) {
    throw Error("format version: expected " + to_text(expected.version) + ", got " + to_text(version),
                std::string(version > expected.version ? "a newer" : "an older") + " one, written by gan " +
                    file.get<std::string>("gan"));
  }
}

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

std::string pack_checkpoint(ArchiveKind kind, const Dict& content) {
  const Format format = format_of(kind);
  Dict file{
      {{"format", format.name}, {"version", format.version}, {"gan", gan_version()}, {"libtorch", libtorch_version()}}};
  file.items.insert(file.items.end(), content.items.begin(), content.items.end());
  return pack_archive(file);
}

void write_checkpoint(const fs::path& path, ArchiveKind kind, const Dict& content) {
  write_file(path, pack_checkpoint(kind, content));
}

Dict read_checkpoint(const fs::path& path, ArchiveKind kind) {
  Dict file = read_archive(path);
  with_context(path.string(), [&] { require_kind(file, kind); });
  return file;
}

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
      require_kind(found.content, ArchiveKind::checkpoint);
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
    return read_checkpoint(folder.generator(), ArchiveKind::generator).get<int64_t>("step") == step;
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
  write_checkpoint(path, ArchiveKind::generator,
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
  const Dict file = read_checkpoint(path, ArchiveKind::generator);
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

std::string weights_sha256(const Network& network) {
  Sha256 hash;
  for (const auto& [name, value] : state_dict(network).items) {
    const at::Tensor bytes = std::get<at::Tensor>(value).detach().cpu().contiguous();
    hash.update({static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()});
  }
  return hash.hex();
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

Dict image_shape_to_dict(ImageShape images) {
  return {{{"channels", images.channels}, {"height", images.height}, {"width", images.width}}};
}

ImageShape image_shape_from_dict(const Dict& dict) {
  const ImageShape images{dict.get<int64_t>("channels"), dict.get<int64_t>("height"), dict.get<int64_t>("width")};
  const auto fits = [](int64_t side) { return side >= 1 && side <= kMaxImageSide; };
  if ((images.channels != 1 && images.channels != 3) || !fits(images.height) || !fits(images.width)) {
    throw Error("impossible image shape " + to_text(images));
  }
  return images;
}

}  // namespace gan
