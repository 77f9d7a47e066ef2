#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gan/base/descriptor.h"

namespace gan {

/// metrics.jsonl: a JSON object a line, each written whole or not at all. A line's "kind" says what it is of: "step" or
/// "evaluation". Older files lack it: there the lines of steps have "images_per_second".
class MetricsLog {
 public:
  /// Opens the file and cuts it off after `keep_bytes`, what a checkpoint knows to be there. Throws Error if it cannot
  /// be opened or is shorter than that.
  MetricsLog(std::filesystem::path path, int64_t keep_bytes);

  void cut(int64_t keep_bytes);  ///< takes back all lines after that; throws Error

  /// Whole numbers are written as such, and numbers that JSON lacks (nan, infinity) as null. Throws Error where the
  /// disk takes no more; the line is kept, and goes first the next time.
  using Value = std::variant<double, std::string>;  ///< a text of plain characters, which JSON takes as they are
  using Line = std::vector<std::pair<std::string, Value>>;
  void write(const Line& line);

  /// Bytes so far, once they are safe on the disk. A file that was removed or replaced meanwhile, as editors do, is put
  /// back as the run wrote it. Throws Error.
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

}  // namespace gan
