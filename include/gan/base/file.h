#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace gan {

/// Throws Error unless `path` is a regular file or a link to one; says what it is instead.
void require_regular_file(const std::filesystem::path& path);

/// The whole file. Throws Error if it is not a regular file, has more than `max_bytes`, cannot be read or changes its
/// length while it is read.
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes = std::numeric_limits<int64_t>::max());

/// The first `size` bytes, or all if there are fewer. Throws Error like `read_file`.
std::string read_beginning(const std::filesystem::path& path, size_t size);

/// Replaces `path` whole or not at all: writes a temporary file, syncs it, renames it to `path` and syncs the folder. A
/// link stays a link: its target is replaced. Throws Error, with the temporary file removed and `path` unchanged
/// (except where only the folder could not be synced: then the new file is in place already).
///
/// The temporary file has no name while it is written, so a killed process leaves nothing behind. Where the file system
/// has no unnamed files it gets a name, and is locked while its process lives: see `remove_leftovers`.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same for a new file. Throws Error if another process has created `path` meanwhile, and keeps that file.
void write_new_file(const std::filesystem::path& path, std::string_view bytes);

/// What to do with a file that `path` names already.
enum class Existing { replace, keep };

/// The same for bytes that come in pieces.
class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& path);
  ~FileWriter();  ///< discards what is not finished
  FileWriter(const FileWriter&) = delete;

  void write(std::string_view bytes);
  void finish(Existing existing = Existing::replace);  ///< renames the temporary file to `path`

 private:
  class TemporaryFile;
  std::unique_ptr<TemporaryFile> file_;
};

/// Appends to an open file of `length` bytes: all bytes, or none. Throws Error.
void append_whole(int fd, const std::filesystem::path& path, int64_t length, std::string_view bytes);

/// Throws Error if `write_file` could not write `path` now, once its folders are made. Call it before work whose result
/// is written at its end.
void require_writable(const std::filesystem::path& path);

/// Whether `path` has a name that `write_file` gives to temporary files.
bool is_leftover(const std::filesystem::path& path);

/// Removes the temporary files of killed processes from `folder`, and keeps those of living ones.
void remove_leftovers(const std::filesystem::path& folder);

/// Syncs the folder: files created, renamed or removed in it are then safe on the disk. Throws Error.
void sync_folder(const std::filesystem::path& folder);

/// Makes the folder and its missing parents, and syncs them. Throws Error.
void make_folder(const std::filesystem::path& path);

}  // namespace gan
