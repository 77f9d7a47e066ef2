#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace gan {

/// A file in a folder or an archive.
struct StoredFile {
  std::string name;     ///< from the folder or the archive: "cats/1.jpg"
  uint64_t bytes = 0;   ///< of its content
  int64_t changed = 0;  ///< when it was last, or its archive: nanoseconds of the file system's clock
};

/// The files in a folder and the folders below it, or in a zip or tar archive, in the order of their names, without
/// hidden ones: those of which a part of the name begins with a dot, and macOS's "__MACOSX". Reads names and sizes
/// alone until a file is asked for.
class FileSet {
 public:
  virtual ~FileSet() = default;
  const std::vector<StoredFile>& files() const { return files_; }

  /// The content of file `index`. From any thread. Throws Error if it cannot be read or is damaged.
  virtual std::string read(size_t index) const = 0;

 protected:
  std::vector<StoredFile> files_;
};

/// Throws Error, also for an archive that is damaged, encrypted or packed in a way that is not read.
std::unique_ptr<FileSet> open_folder(const std::filesystem::path& folder);
std::unique_ptr<FileSet> open_one(const std::filesystem::path& file);  ///< the file alone
std::unique_ptr<FileSet> open_zip(const std::filesystem::path& path);
std::unique_ptr<FileSet> open_tar(const std::filesystem::path& path);

}  // namespace gan
