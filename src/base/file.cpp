#include "gan/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "gan/base/descriptor.h"
#include "gan/base/error.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr const char* kLeftoverPrefix = ".gan-";
constexpr const char* kLeftoverSuffix = ".tmp";

[[noreturn]] void fail(const fs::path& path, const char* doing) {
  throw_errno(path.string(), doing);
}

int open_for_reading(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path, "cannot open");
  return fd;
}

const char* kind_of(fs::file_type type) {
  switch (type) {
    case fs::file_type::directory:
      return "a folder";
    case fs::file_type::fifo:
      return "a pipe";
    case fs::file_type::socket:
      return "a socket";
    case fs::file_type::character:
    case fs::file_type::block:
      return "a device";
    default:
      return "something else";
  }
}

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "cannot write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

/// A regular file, open for reading.
struct Input {
  fs::path path;
  Descriptor file;
  uint64_t size = 0;

  explicit Input(const fs::path& path) : path(path), file((require_regular_file(path), open_for_reading(path))) {
    struct stat info {};
    if (::fstat(file.fd(), &info) != 0) fail(path, "cannot read");
    size = static_cast<uint64_t>(info.st_size);
  }

  /// The next `count` bytes; fewer only at the end of the file.
  std::string read(uint64_t count) const {
    std::string bytes(count, '\0');
    uint64_t have = 0;
    while (have < count) {
      const ssize_t got = ::read(file.fd(), bytes.data() + have, count - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(path, "cannot read");
      if (got == 0) break;
      have += static_cast<uint64_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }
};

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// The end of a chain of links, which need not exist; `path` itself if it is no link. Throws Error for a loop.
fs::path end_of_links(fs::path path) {
  constexpr int kMostLinks = 40;  // as many as Linux follows
  std::error_code error;
  for (int i = 0; i < kMostLinks; ++i) {
    if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
    const fs::path target = fs::read_symlink(path, error);
    if (error) throw Error(path.string() + ": cannot read this link: " + error.message());
    path = path.parent_path() / target;  // an absolute target replaces all of it
  }
  throw Error(path.string() + ": a loop of links");
}

/// Whether this process holds the file now; false if another one does.
bool lock(int fd) {
  return ::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;  // a file system without locks locks nobody out
}

/// A random name: processes in two containers may have the same id.
fs::path unused_name(const fs::path& folder) {
  uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) fail(folder, "cannot name a file");
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return folder / (std::string(kLeftoverPrefix) + digits + kLeftoverSuffix);
}

}  // namespace

/// A temporary file, locked by this process, in the folder of the file that it will replace.
class FileWriter::TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target)
      : target_(target), file_(::open(folder().c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666)) {
    const bool unnamed = file_.fd() >= 0 && lock(file_.fd()) && ::access("/proc/self/fd", X_OK) == 0;
    if (!unnamed) open_named();
  }
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;

  void write(std::string_view bytes) { write_all(file_.fd(), bytes, target_); }

  void finish(Existing existing) {
    if (::fsync(file_.fd()) != 0) fail(target_, "cannot write");
    existing == Existing::keep ? name_if_new() : replace();
    sync_folder(folder());
  }

 private:
  fs::path folder() const { return parent_of(target_); }

  void name_if_new() const {
    if (link_to(target_)) return;
    if (errno != EEXIST) fail(target_, "cannot write");
    throw Error(target_.string() + ": another process has created this file meanwhile; it is kept");
  }

  void replace() {
    while (name_.empty()) {  // only a file with a name can replace another
      const fs::path name = unused_name(folder());
      if (link_to(name)) {
        name_ = name;
      } else if (errno != EEXIST) {
        fail(target_, "cannot write");
      }
    }
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail(target_, "cannot write");
    name_.clear();
  }

  /// For file systems that have no unnamed files.
  void open_named() {
    for (;;) {
      const fs::path name = unused_name(folder());
      Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      if (file.fd() < 0 && errno == EEXIST) continue;
      if (file.fd() < 0) fail(target_, "cannot write");
      struct stat info {};
      const bool kept = lock(file.fd()) && ::fstat(file.fd(), &info) == 0 &&
                        info.st_nlink > 0;  // not removed by `remove_leftovers` meanwhile
      if (!kept) continue;
      file_ = std::move(file);
      name_ = name;
      return;
    }
  }

  /// Names the file `path`, unless that exists; false, with errno, if it cannot.
  bool link_to(const fs::path& path) const {
    if (name_.empty()) {
      const std::string self = "/proc/self/fd/" + std::to_string(file_.fd());
      return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
    }
    if (::link(name_.c_str(), path.c_str()) == 0) return true;
    return errno != EEXIST && ::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0;
  }

  fs::path target_;
  Descriptor file_;
  fs::path name_;  ///< empty for an unnamed file
};

void require_regular_file(const fs::path& path) {
  std::error_code error;
  const auto type = fs::status(path, error).type();
  if (type == fs::file_type::not_found) throw Error(path.string() + ": no such file");
  if (error) throw Error(path.string() + ": cannot open: " + error.message());
  if (type != fs::file_type::regular) throw Error(path.string() + ": expected a file, got " + kind_of(type));
}

std::string read_file(const fs::path& path, uint64_t max_bytes) {
  const Input file(path);
  if (file.size > max_bytes) {
    throw Error(path.string() + ": expected at most " + std::to_string(max_bytes) + " bytes, got " +
                std::to_string(file.size));
  }
  std::string bytes = file.read(file.size);
  if (bytes.size() < file.size) throw Error(path.string() + ": the file became shorter while it was read");
  if (!file.read(1).empty()) throw Error(path.string() + ": the file became longer while it was read");
  return bytes;
}

std::string read_beginning(const fs::path& path, size_t size) {
  return Input(path).read(size);
}

FileWriter::FileWriter(const fs::path& path) {
  const fs::path target = end_of_links(path);
  // A rename would replace a pipe or a device, too.
  std::error_code ignored;
  if (fs::exists(target, ignored)) require_regular_file(path);
  file_ = std::make_unique<TemporaryFile>(target);
}

FileWriter::~FileWriter() = default;

void FileWriter::write(std::string_view bytes) {
  file_->write(bytes);
}

void FileWriter::finish(Existing existing) {
  file_->finish(existing);
}

void write_file(const fs::path& path, std::string_view bytes) {
  FileWriter file(path);
  file.write(bytes);
  file.finish();
}

void write_new_file(const fs::path& path, std::string_view bytes) {
  FileWriter file(path);
  file.write(bytes);
  file.finish(Existing::keep);
}

void sync_folder(const fs::path& folder) {
  const Descriptor dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const bool synced = dir.fd() >= 0 && (::fsync(dir.fd()) == 0 ||
                                        errno == EINVAL);  // EINVAL: a file system whose folders cannot be synced
  if (!synced) fail(folder, "cannot sync the folder");
}

void append_whole(int fd, const fs::path& path, int64_t length, std::string_view bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got = ::pwrite(fd, bytes.data() + done, bytes.size() - done, length + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int reason = errno;
      [[maybe_unused]] const int cut = ::ftruncate(fd, length);
      errno = reason;
      throw_errno(path, "cannot write");
    }
    done += static_cast<size_t>(got);
  }
}

void require_writable(const fs::path& path) {
  std::error_code none;
  const fs::path target = end_of_links(path);
  if (fs::exists(target, none)) require_regular_file(path);
  fs::path folder = fs::absolute(target, none).parent_path();
  while (!fs::exists(folder, none) && folder.has_relative_path()) folder = folder.parent_path();
  if (!fs::is_directory(folder, none)) throw Error(path.string() + ": cannot write: " + folder.string() + " is a file");
  if (::access(folder.c_str(), W_OK | X_OK) != 0) fail(folder, "cannot write into this folder");
}

bool is_leftover(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with(kLeftoverPrefix) && name.ends_with(kLeftoverSuffix);
}

void remove_leftovers(const fs::path& folder) {
  std::error_code none;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (is_leftover(entry.path())) leftovers.push_back(entry.path());
  }
  for (const auto& path : leftovers) {
    const Descriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.fd() >= 0 && ::flock(file.fd(), LOCK_EX | LOCK_NB) == 0) fs::remove(path, none);
  }
}

void make_folder(const fs::path& path) {
  std::error_code error;
  if (path.empty() || fs::is_directory(path, error)) return;
  const fs::path parent = parent_of(path);
  if (parent != path) make_folder(parent);
  fs::create_directory(path, error);
  if (error) throw Error(path.string() + ": cannot make this folder: " + error.message());
  sync_folder(parent);
}

}  // namespace gan
