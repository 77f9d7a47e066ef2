#include "gan/run/checkpoint.h"

#include "gan/base/archive.h"
#include "gan/base/sha256.h"
#include "gan/base/text.h"
#include "gan/run/device.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr int64_t kVersion = 1;

constexpr const char* format_name(FileKind kind) {
  return kind == FileKind::checkpoint ? "gan checkpoint" : "gan generator";
}

/// Runs `read`; an Error from it names the file.
template <class Read>
auto naming(const fs::path& path, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(path.string() + ": " + error.what());
  }
}

}  // namespace

void write_checkpoint(const fs::path& path, FileKind kind, const Dict& content) {
  Dict file{{{"format", std::string(format_name(kind))},
             {"version", kVersion},
             {"gan", gan_version()},
             {"libtorch", libtorch_version()}}};
  file.items.insert(file.items.end(), content.items.begin(), content.items.end());
  write_archive(path, file);
}

Dict read_checkpoint(const fs::path& path, FileKind kind) {
  Dict file = read_archive(path);
  return naming(path, [&] {
    const std::string expected = format_name(kind);
    if (!file.contains("format")) throw Error("not a file of this program: expected a '" + expected + "'");
    const auto& format = file.get<std::string>("format");
    if (format != expected) throw Error("expected a '" + expected + "', got a '" + format + "'");
    const int64_t version = file.get<int64_t>("version");
    if (version != kVersion) {
      throw Error("format version: expected " + to_text(kVersion) + ", got " + to_text(version),
                  "written by gan " + file.get<std::string>("gan"));
    }
    return file;
  });
}

void write_generator(const fs::path& path, const TrainedGenerator& trained) {
  write_checkpoint(path, FileKind::generator,
                   {{{"options", to_dict(trained.options)},
                     {"image_shape", image_shape_to_dict(trained.images)},
                     {"step", trained.step},
                     {"sha256", weights_sha256(trained.averaged)},
                     {"generator", state_dict(trained.averaged)},
                     {"generator_raw", state_dict(trained.raw)},
                     {"discriminator", state_dict(trained.discriminator)}}});
}

TrainedGenerator read_generator(const fs::path& path) {
  const Dict file = read_checkpoint(path, FileKind::generator);
  return naming(path, [&] {
    TrainedGenerator trained{.options = options_from_dict(file.get<Dict>("options")),
                             .images = image_shape_from_dict(file.get<Dict>("image_shape")),
                             .step = file.get<int64_t>("step")};
    const NetworkPair pair = build_networks(trained.options.network, trained.images);
    trained.raw = pair.generator;
    trained.discriminator = pair.discriminator;
    trained.averaged = build_networks(trained.options.network, trained.images).generator;
    load_state_dict(trained.averaged, file.get<Dict>("generator"));
    load_state_dict(trained.raw, file.get<Dict>("generator_raw"));
    load_state_dict(trained.discriminator, file.get<Dict>("discriminator"));
    return trained;
  });
}

std::string weights_sha256(const Network& network) {
  Sha256 hash;
  for (const auto& [name, value] : state_dict(network).items) {
    const at::Tensor bytes = std::get<at::Tensor>(value).detach().cpu().contiguous();
    hash.update({static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()});
  }
  return hash.hex();
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
