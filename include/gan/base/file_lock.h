#pragma once

#include <filesystem>

#include "gan/base/descriptor.h"

namespace gan {

/// A file that one process at a time may hold (flock). The system releases it when the process ends, however it ends.
class FileLock {
 public:
  /// Creates the file if it is missing and writes the process's id into it. Throws Error, naming the holder, if another
  /// process holds it.
  explicit FileLock(const std::filesystem::path& path);

 private:
  Descriptor file_;
};

}  // namespace gan
