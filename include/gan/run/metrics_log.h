#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace gan {

/// metrics.jsonl: a JSON object a line.
class MetricsLog {
 public:
  /// Opens the file and cuts it off after `keep_bytes`, what a checkpoint knows to be there. Throws Error if it cannot
  /// be opened or is shorter than that.
  MetricsLog(std::filesystem::path path, int64_t keep_bytes);
  ~MetricsLog();
  MetricsLog(const MetricsLog&) = delete;

  /// Whole numbers are written as such, and numbers that JSON lacks (nan, infinity) as null. Throws Error.
  using Line = std::vector<std::pair<std::string, double>>;
  void write(const Line& line);

  /// Bytes so far, once they are safe on the disk. Throws Error.
  int64_t sync();

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  int64_t bytes_ = 0;
};

std::string to_json(const MetricsLog::Line& line);

}  // namespace gan
