#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace gan {

/// All file names of a run stand here.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  /// Makes a new folder for a run: `path`, or, if that is empty, the next of runs/00000-name, runs/00001-name, ...
  /// Throws Error if it cannot be made or holds anything already.
  static RunFolder create(const std::filesystem::path& path, const std::string& name);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path options() const { return path_ / "options.toml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path real() const { return path_ / "real.png"; }
  std::filesystem::path generator() const { return path_ / "g.pt"; }
  std::filesystem::path samples() const { return path_ / "samples"; }
  std::filesystem::path sample(int64_t step) const;  ///< samples/step-000100.png
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path checkpoint(int64_t step) const;  ///< checkpoints/step-000100.pt

  /// The checkpoint with the highest step. Throws Error if there is none.
  std::filesystem::path newest_checkpoint() const;

  /// Removes all checkpoints but the newest `keep`.
  void prune_checkpoints(size_t keep) const;

 private:
  std::filesystem::path path_;
};

}  // namespace gan
