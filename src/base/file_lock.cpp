#include "gan/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "gan/base/error.h"

namespace gan {

namespace {

/// "process 123", as the holder wrote it into the file; it may not have written yet.
std::string holder_of(int fd) {
  char text[32] = {};
  const ssize_t got = ::read(fd, text, sizeof text - 1);
  const std::string id(text, got > 0 ? static_cast<size_t>(got) : 0);
  return id.empty() ? "another process" : "process " + id.substr(0, id.find('\n'));
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) {
  if (file_.fd() < 0) throw_errno(path, "cannot open");
  if (::flock(file_.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw_errno(path, "cannot lock");
    throw Error(path.string() + ": held by " + holder_of(file_.fd()), "let it end first, or stop it");
  }
  const std::string id = std::to_string(::getpid()) + "\n";
  const bool written = ::ftruncate(file_.fd(), 0) == 0 && ::write(file_.fd(), id.data(), id.size()) >= 0;
  if (!written) throw_errno(path, "cannot write");
}

}  // namespace gan
