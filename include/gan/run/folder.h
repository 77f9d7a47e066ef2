#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gan/base/file_lock.h"

namespace gan {

/// A grid of a step, samples or reconstructions, as a PNG.
struct SavedGrid {
  int64_t step = 0;
  std::filesystem::path file;
};

/// At most `most` of them, evenly spread, with the first and the last.
std::vector<SavedGrid> spread(const std::vector<SavedGrid>& grids, size_t most);

/// A run's folder: the names of all its files.
class RunFolder {
 public:
  /// The names alone.
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  /// Makes a new folder for a run: `path`, or, if that is empty, the next of runs/00000-name, runs/00001-name, ...
  /// Throws Error if it cannot be made or holds anything already.
  static RunFolder create(const std::filesystem::path& path, const std::string& name);

  /// Throws Error if `create` could not make that folder now.
  static void require_place(const std::filesystem::path& path);

  /// The folder of a run to resume. Throws Error if there is none, or if another process has it.
  static RunFolder open(const std::filesystem::path& path);

  // `create` and `open` hold the folder for this process, as long as any copy of them lives.

  /// The folder of a run, to read only. Throws Error, naming the flag, if there is none.
  static RunFolder look_at(const std::filesystem::path& path, const std::string& flag = "--resume");

  /// The folder of prepared images that a run in `path`, as for `create`, shares with its neighbours (image_cache.h):
  /// runs/picture-cache.
  static std::filesystem::path cache_for(const std::filesystem::path& path);

  /// The folder where the run was started, from which its relative paths begin; empty if the run does not say.
  std::filesystem::path start_folder() const;

  /// A path in a --data value of this run: from the folder where it was started or, if it is not there, from the
  /// working folder.
  std::string data_at(const std::string& data) const;

  /// Whether a run has begun in this folder: it has options.toml or a checkpoint.
  bool has_run() const;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path options() const { return path_ / "options.toml"; }
  std::filesystem::path started_in() const { return path_ / "started-in.txt"; }  ///< holds start_folder
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path lock() const { return path_ / "lock"; }
  std::filesystem::path real() const { return path_ / "real.png"; }
  std::filesystem::path classifier() const { return path_ / "classifier.pt"; }  ///< that the run has trained to judge
  std::filesystem::path generator() const { return path_ / "g.pt"; }
  std::filesystem::path best_generator() const { return path_ / "g-best.pt"; }
  std::filesystem::path samples() const { return path_ / "samples"; }
  std::filesystem::path sample(int64_t step) const;  ///< samples/step-000100.png
  std::vector<SavedGrid> samples_saved() const;      ///< those that are there, by step
  std::filesystem::path reconstructions() const { return path_ / "reconstructions"; }
  std::filesystem::path reconstruction(int64_t step) const;  ///< reconstructions/step-000100.png
  std::vector<SavedGrid> reconstructions_saved() const;
  std::filesystem::path events() const { return path_ / "tensorboard"; }  ///< TensorBoard's event files
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path checkpoint(int64_t step) const;  ///< checkpoints/step-000100.pt

  /// By the step in their names. Throws Error if the folder is there and cannot be read.
  std::vector<std::filesystem::path> checkpoints_newest_first() const;

  /// In the order to try them in to go back to step `last`: from the newest up to that step downwards, then the later
  /// ones upwards.
  std::vector<std::filesystem::path> checkpoints_to_go_back_to(int64_t last) const;

  /// Removes all checkpoints but the newest `keep` and those whose step is `wanted`.
  void prune_checkpoints(size_t keep, const std::function<bool(int64_t step)>& wanted) const;

  /// Removes all checkpoints of later steps; when it returns that is safe on the disk. Throws Error.
  void drop_checkpoints_after(int64_t step) const;

 private:
  void take();

  std::filesystem::path path_;
  std::shared_ptr<FileLock> lock_;
};

}  // namespace gan
