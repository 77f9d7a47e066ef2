#include "gan/run/metrics_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace gan {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* doing) {
  throw Error(path.string() + ": " + doing + ": " + std::strerror(errno));
}

std::string json_number(double value) {
  constexpr double kExact = 1e15;
  if (!std::isfinite(value)) return "null";
  if (value == std::floor(value) && std::abs(value) < kExact) return to_text(static_cast<int64_t>(value));
  return to_text(value);
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path path, int64_t keep_bytes) : path_(std::move(path)), bytes_(keep_bytes) {
  fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | (keep_bytes == 0 ? O_CREAT : 0), 0666);
  if (fd_ < 0) fail(path_, "cannot open");
  struct stat info {};
  if (::fstat(fd_, &info) != 0) fail(path_, "cannot read");
  if (info.st_size < keep_bytes) {
    throw Error(path_.string() + ": expected at least " + to_text(keep_bytes) + " bytes from the run so far, got " +
                to_text(int64_t{info.st_size}));
  }
  if (::ftruncate(fd_, keep_bytes) != 0 || ::lseek(fd_, 0, SEEK_END) < 0) fail(path_, "cannot write");
}

MetricsLog::~MetricsLog() {
  if (fd_ >= 0) ::close(fd_);
}

void MetricsLog::write(const Line& line) {
  const std::string text = to_json(line) + "\n";
  if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail(path_, "cannot write");
  bytes_ += static_cast<int64_t>(text.size());
}

int64_t MetricsLog::sync() {
  if (::fsync(fd_) != 0) fail(path_, "cannot write");
  return bytes_;
}

std::string to_json(const MetricsLog::Line& line) {
  std::string text;
  for (const auto& [name, value] : line) text += (text.empty() ? "{\"" : ", \"") + name + "\": " + json_number(value);
  return text + "}";
}

}  // namespace gan
