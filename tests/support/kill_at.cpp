// Preloaded into a program, kills it (SIGKILL) right after its n-th call that changes a file; n is GAN_KILL_AT, from 1.
// So a test can see every state of the disk that a crash can leave. With GAN_NO_UNNAMED_FILES set, the program sees a
// file system without unnamed files.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace {

template <class Result>
Result count(Result result) {
  static int calls = 0;
  static const char* at = std::getenv("GAN_KILL_AT");
  if (at && ++calls == std::atoi(at)) ::kill(::getpid(), SIGKILL);
  return result;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_standard(int fd) {
  return fd <= STDERR_FILENO;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  const mode_t mode = (flags & O_CREAT) || unnamed ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  static const bool refused = std::getenv("GAN_NO_UNNAMED_FILES") != nullptr;
  if (unnamed && refused) {
    errno = EOPNOTSUPP;
    return -1;
  }
  const int fd = real<int(const char*, int, ...)>("open")(path, flags, mode);
  return (flags & O_CREAT) || unnamed ? count(fd) : fd;
}
ssize_t write(int fd, const void* bytes, size_t size) {
  const ssize_t written = real<ssize_t(int, const void*, size_t)>("write")(fd, bytes, size);
  return is_standard(fd) ? written : count(written);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  return count(real<ssize_t(int, const void*, size_t, off_t)>("pwrite")(fd, bytes, size, at));
}
int ftruncate(int fd, off_t size) noexcept {
  return count(real<int(int, off_t)>("ftruncate")(fd, size));
}
int rename(const char* from, const char* to) noexcept {
  return count(real<int(const char*, const char*)>("rename")(from, to));
}
int link(const char* from, const char* to) noexcept {
  return count(real<int(const char*, const char*)>("link")(from, to));
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  return count(real<int(int, const char*, int, const char*, int)>("linkat")(from_folder, from, to_folder, to, flags));
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  return count(
      real<int(int, const char*, int, const char*, unsigned)>("renameat2")(from_folder, from, to_folder, to, flags));
}
int mkdir(const char* path, mode_t mode) noexcept {
  return count(real<int(const char*, mode_t)>("mkdir")(path, mode));
}
int unlink(const char* path) noexcept {
  return count(real<int(const char*)>("unlink")(path));
}
int remove(const char* path) noexcept {
  return count(real<int(const char*)>("remove")(path));
}

}  // extern "C"
