#include "gan/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gan/base/error.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

[[noreturn]] void fail(const fs::path& path, const char* doing) {
  throw Error(path.string() + ": " + doing + ": " + std::strerror(errno));
}

/// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  explicit Descriptor(int fd) : fd(fd) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

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

void sync_folder(const fs::path& folder) {
  const Descriptor dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir.fd < 0 || ::fsync(dir.fd) != 0) fail(folder, "cannot sync the folder");
}

}  // namespace

void require_regular_file(const fs::path& path) {
  std::error_code error;
  const auto type = fs::status(path, error).type();
  if (type == fs::file_type::not_found) throw Error(path.string() + ": no such file");
  if (error) throw Error(path.string() + ": cannot open: " + error.message());
  if (type != fs::file_type::regular) throw Error(path.string() + ": expected a file, got " + kind_of(type));
}

std::string read_file(const fs::path& path) {
  require_regular_file(path);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) fail(path, "cannot open");
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) fail(path, "cannot read");
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.fd, bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot read");
    if (got == 0) throw Error(path.string() + ": the file became shorter while it was read");
    have += static_cast<size_t>(got);
  }
  char beyond = 0;
  if (::read(file.fd, &beyond, 1) > 0) throw Error(path.string() + ": the file became longer while it was read");
  return bytes;
}

void write_file(const fs::path& path, std::string_view bytes) {
  // A rename would put the file in the place of a pipe or a device, too.
  std::error_code ignored;
  if (fs::exists(path, ignored)) require_regular_file(path);
  const fs::path aside = path.string() + ".tmp" + std::to_string(::getpid());
  try {
    const Descriptor file(::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (file.fd < 0) fail(path, "cannot write");
    write_all(file.fd, bytes, path);
    if (::fsync(file.fd) != 0) fail(path, "cannot write");
    if (::rename(aside.c_str(), path.c_str()) != 0) fail(path, "cannot write");
  } catch (...) {
    ::unlink(aside.c_str());
    throw;
  }
  sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

}  // namespace gan
