#pragma once

#include <filesystem>
#include <string>

namespace gan {

/// A new folder among the system's temporary ones. Removed with all that is in it with this object.
class TemporaryFolder {
 public:
  /// The folder's name begins with `name`. Throws Error if it cannot be made.
  explicit TemporaryFolder(const std::string& name);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace gan
