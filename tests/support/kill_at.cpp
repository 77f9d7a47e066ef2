// Preloaded into a program, kills it (SIGKILL) right after the call that changes a file whose number GAN_KILL_AT gives,
// counted from 1: each instant at which the disk can have been left.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <cstdarg>
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
  const mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  const int fd = real<int(const char*, int, ...)>("open")(path, flags, mode);
  return (flags & O_CREAT) ? count(fd) : fd;
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
