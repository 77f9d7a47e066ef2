#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gan/base/descriptor.h"

namespace gan {

/// metrics.jsonl: one JSON object per line, each written whole or not at all. Its "kind" is "step" or "evaluation".
/// Older files lack it; there only steps have "images_per_second".
class MetricsLog {
 public:
  /// Opens the file and truncates it to `keep_bytes`, its length at the checkpoint. Throws Error if it cannot be opened
  /// or is shorter than that.
  MetricsLog(std::filesystem::path path, int64_t keep_bytes);

  void cut(int64_t keep_bytes);  ///< drops all lines after that; throws Error

  /// Whole numbers are written as such, and numbers that JSON lacks (nan, infinity) as null. Throws Error if
  /// the disk is full; the line is kept and written first the next time.
  using Value = std::variant<double, std::string>;  ///< a number or a text
  using Line = std::vector<std::pair<std::string, Value>>;
  void write(const Line& line);

  /// Bytes of all lines, also of those that could not be written yet.
  int64_t length() const { return bytes_ + static_cast<int64_t>(waiting_.size()); }

  /// Syncs the file and returns its bytes. If it was removed or replaced meanwhile, as editors do, it is restored as
  /// the run wrote it. Throws Error.
  int64_t sync();

 private:
  void write_waiting();
  bool in_place() const;
  void put_back();

  std::filesystem::path path_;
  Descriptor file_;
  int64_t bytes_ = 0;
  std::string waiting_;  ///< lines not yet in the file
};

/// Throws Error unless the file is there and has at least `bytes`.
void require_metrics(const std::filesystem::path& path, int64_t bytes);

std::string to_json(const MetricsLog::Line& line);

/// Lines of metrics.jsonl without what differs between two equal runs: times and memory.
std::string without_times(const std::string& lines);

}  // namespace gan
