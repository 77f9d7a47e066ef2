#include "fuzz/targets.h"

#include <ATen/ATen.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gan/base/archive.h"
#include "gan/base/file.h"
#include "gan/base/pickle_reader.h"
#include "gan/base/zip.h"
#include "gan/cli/eval_command.h"
#include "gan/cli/export_command.h"
#include "gan/cli/sample_command.h"
#include "gan/cli/train_command.h"
#include "gan/data/file_set.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/picture.h"
#include "gan/images/png.h"
#include "gan/run/checkpoint.h"
#include "gan/run/model_file.h"
#include "gan/run/trainer.h"
#include "gan/training/config.h"
#include "gan/training/recipes.h"

namespace gan::fuzz {

namespace {

namespace fs = std::filesystem;

/// A file in memory with a path. Each input is written to it.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("input", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(fd_)) {}
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;

  const fs::path& hold(std::string_view bytes) const {
    const auto size = static_cast<off_t>(bytes.size());
    if (::ftruncate(fd_, size) != 0 || ::pwrite(fd_, bytes.data(), bytes.size(), 0) != size) std::abort();
    return path_;
  }

 private:
  int fd_;
  fs::path path_;
};

template <class Read>
void allow_errors(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

/// A run with the smallest networks, which loads the checkpoints.
Trainer& small_trainer() {
  static Trainer trainer = [] {
    Options options = find_recipe("dcgan").options;
    options.network.base_channels = options.latent.size = 1;
    options.batch_size = 2;
    return Trainer(options, {at::zeros({4, 1, 28, 28}, at::kByte), {}});
  }();
  return trainer;
}

/// The storages of the seed, for inputs that are only a pickle.
std::string_view storage_of_seed(const std::string& name) {
  static const std::string file = read_file(GAN_SOURCE_DIR "/tests/fuzz/seeds/checkpoint/checkpoint.pt");
  static const auto records = [] {
    std::map<std::string, std::string_view> records;
    for (const auto& entry : unpack_zip(file)) records.emplace(entry.name, entry.bytes);
    return records;
  }();
  const auto found = records.find("archive/data/" + name);
  if (found == records.end()) throw Error("no storage " + name);
  return found->second;
}

}  // namespace

void idx(std::string_view bytes) {
  static const MemoryFile file;
  allow_errors([&] { read_idx_images(file.hold(bytes)); });
}

void npy(std::string_view bytes) {
  static const MemoryFile file;
  allow_errors([&] { read_npy(file.hold(bytes)); });
  allow_errors([&] { read_npy_numbers(file.hold(bytes)); });
}

void png(std::string_view bytes) {
  static const MemoryFile file;
  allow_errors([&] { read_png(file.hold(bytes)); });
}

void picture(std::string_view bytes) {
  allow_errors([&] {
    const PictureInfo info = picture_info(bytes);
    const Picture picture = decode_picture(bytes);
    if (picture.colors.size(1) != info.height || picture.colors.size(2) != info.width) std::abort();
    if (picture.alpha.defined() && !info.has_alpha) std::abort();
  });
}

void file_set(std::string_view bytes) {
  static const MemoryFile file;
  allow_errors([&] {
    const fs::path& path = file.hold(bytes);
    const auto set = bytes.starts_with("PK") ? open_zip(path) : open_tar(path);
    for (size_t i = 0; i < set->files().size(); ++i) allow_errors([&] { set->read(i); });
  });
}

void checkpoint(std::string_view bytes) {
  allow_errors([&] {
    const Dict dict = bytes.starts_with("PK") ? unpack_archive(bytes) : unpickle(bytes, storage_of_seed);
    // A dictionary must survive writing and reading.
    if (pack_archive(unpack_archive(pack_archive(dict))) != pack_archive(dict)) std::abort();
    allow_errors([&] { model_from_dict(dict); });
    allow_errors([&] { options_from_dict(dict.get<Dict>("options")); });
    allow_errors([&] { small_trainer().load_weights(upgraded(dict)); });
    allow_errors([&] { small_trainer().load(upgraded(dict)); });
  });
}

void config(std::string_view bytes) {
  static const MemoryFile file;
  allow_errors([&] {
    Options options;
    apply_config(file.hold(bytes), options);
    validate(options);
    Options again;
    const std::string toml = to_toml(options);
    apply_config(file.hold(toml), again);
    if (to_toml(again) != toml) std::abort();
  });
}

void command_line(std::string_view bytes) {
  // No path in the arguments exists here.
  static const bool moved = ::chdir("/proc/self/task") == 0;
  if (!moved) std::abort();
  std::vector<std::string> arguments;
  for (size_t at = 0; at <= bytes.size();) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    arguments.emplace_back(bytes.substr(at, end - at));
    at = end + 1;
  }
  std::vector<const char*> argv;
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  const int argc = static_cast<int>(argv.size());
  allow_errors([&] {
    if (arguments[0] == "gan-sample") {
      parse_sample_command(argc, argv.data());
    } else if (arguments[0] == "gan-eval") {
      parse_eval_command(argc, argv.data());
    } else if (arguments[0] == "gan-export") {
      parse_export_command(argc, argv.data());
    } else {
      parse_train_command(argc, argv.data());
    }
  });
}

}  // namespace gan::fuzz
