#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "gan/base/descriptor.h"

namespace gan {

/// Throws Error unless `path` is a regular file (a link to one counts); says what it is instead.
void require_regular_file(const std::filesystem::path& path);

/// The whole file. Throws Error if it is not a regular file, has more than `max_bytes`, cannot be read or changes its
/// length while it is read.
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes = std::numeric_limits<int64_t>::max());

/// The first `size` bytes, or all if there are fewer. Throws Error like `read_file`.
std::string read_beginning(const std::filesystem::path& path, size_t size);

/// Replaces `path` whole or not at all: writes a file aside, syncs it, puts it in the place of `path` and syncs the
/// folder. A link stays one: what it leads to is replaced. Throws Error, with nothing left aside and `path` as it was
/// (but for a folder that cannot be synced, when the new file is in place already).
///
/// The file aside has no name while it is written, so a process that is killed leaves nothing; where the file system
/// has no such files it has a name of its own, and is locked as long as its process lives: see `remove_leftovers`.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same for a file that nobody may have made meanwhile: throws Error if there is one, which stays.
void write_new_file(const std::filesystem::path& path, std::string_view bytes);

/// What a file that is there already means for the one that is to take its place.
enum class Existing { replace, keep };

/// The same for bytes that come one after the other.
class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& path);
  ~FileWriter();  ///< what is not finished is gone
  FileWriter(const FileWriter&) = delete;

  void write(std::string_view bytes);
  void finish(Existing existing = Existing::replace);  ///< puts the file in its place

 private:
  class Aside;
  std::unique_ptr<Aside> aside_;
};

/// Throws Error if `write_file` could not write `path` now, after its folders have been made: for work whose result is
/// written at its end.
void require_writable(const std::filesystem::path& path);

/// Whether `path` is named as the files that `write_file` writes aside.
bool is_leftover(const std::filesystem::path& path);

/// Removes what killed processes left aside in `folder`; what a living one is writing there stays.
void remove_leftovers(const std::filesystem::path& folder);

/// Has what was made, renamed or removed in the folder safe on the disk. Throws Error.
void sync_folder(const std::filesystem::path& folder);

/// Makes the folder and those above it that are missing, safe on the disk. Throws Error.
void make_folder(const std::filesystem::path& path);

/// A new folder among the system's temporary ones, gone with this object and all that is in it. Throws Error.
class FolderAside {
 public:
  explicit FolderAside(const std::string& name);
  ~FolderAside();
  FolderAside(const FolderAside&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A file that one process at a time may hold (flock). The system lets go of it when the process ends, however it ends.
class FileLock {
 public:
  /// Makes the file if need be and writes the process's id into it. Throws Error naming the process that has it.
  explicit FileLock(const std::filesystem::path& path);

 private:
  Descriptor file_;
};

}  // namespace gan
