#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "gan/base/descriptor.h"

namespace gan {

/// An event file of TensorBoard: records of protobuf messages, each with its length and checksums (tensorflow/core/lib/
/// io/record_writer.h, tensorflow/core/util/event.proto).
class EventFile {
 public:
  /// A new file in the folder, after those that are there: from step `first` on it takes the place of what they tell.
  /// Throws Error.
  EventFile(const std::filesystem::path& folder, int64_t first);

  void scalar(int64_t step, std::string_view tag, double value);
  /// A PNG, as write_png writes it.
  void image(int64_t step, std::string_view tag, std::string_view png);

  /// Writes what was added since. What cannot be written is kept for the next time. Throws Error.
  void flush();

 private:
  void record(const std::string& event);

  std::filesystem::path path_;
  Descriptor file_;
  int64_t bytes_ = 0;  ///< in the file
  std::string waiting_;
};

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
uint32_t crc32c(std::string_view bytes);

}  // namespace gan
