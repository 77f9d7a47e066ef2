#include "gan/run/metrics_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <utility>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/json.h"
#include "gan/base/text.h"

namespace gan {

namespace {

/// Whole numbers, such as steps, get no exponent.
std::string json_value(const MetricsLog::Value& field) {
  if (const auto* text = std::get_if<std::string>(&field)) return json_string(*text);
  constexpr double kExact = 1e15;
  const double value = std::get<double>(field);
  const bool whole = value == std::floor(value) && std::abs(value) < kExact;
  return whole ? to_text(static_cast<int64_t>(value)) : json_number(value);
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path path, int64_t keep_bytes)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_RDWR | O_CLOEXEC | (keep_bytes == 0 ? O_CREAT : 0), 0666)) {
  if (file_.fd() < 0) throw_errno(path_, "cannot open");
  cut(keep_bytes);
}

void MetricsLog::cut(int64_t keep_bytes) {
  require_metrics(path_, keep_bytes);
  if (::ftruncate(file_.fd(), keep_bytes) != 0) throw_errno(path_, "cannot write");
  bytes_ = keep_bytes;
  waiting_.clear();
}

void MetricsLog::write(const Line& line) {
  waiting_ += to_json(line) + "\n";
  write_waiting();
}

void MetricsLog::write_waiting() {
  append_whole(file_.fd(), path_, bytes_, waiting_);
  bytes_ += static_cast<int64_t>(waiting_.size());
  waiting_.clear();
}

int64_t MetricsLog::sync() {
  write_waiting();
  if (::fsync(file_.fd()) != 0) throw_errno(path_, "cannot write");
  if (!in_place()) put_back();
  return bytes_;
}

bool MetricsLog::in_place() const {
  struct stat mine {};
  struct stat named {};
  return ::fstat(file_.fd(), &mine) == 0 && ::stat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

void MetricsLog::put_back() {
  std::string lines(static_cast<size_t>(bytes_), '\0');
  if (::pread(file_.fd(), lines.data(), lines.size(), 0) != static_cast<ssize_t>(lines.size())) {
    throw_errno(path_, "cannot read");
  }
  write_file(path_, lines);
  Descriptor file(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  if (file.fd() < 0) throw_errno(path_, "cannot open");
  file_ = std::move(file);
}

void require_metrics(const std::filesystem::path& path, int64_t bytes) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) throw_errno(path, "cannot open");
  if (info.st_size < bytes) {
    throw Error(path.string() + ": expected at least " + to_text(bytes) + " bytes from the run so far, got " +
                    to_text(int64_t{info.st_size}),
                "--fork begins a new run with this one's weights");
  }
}

std::string to_json(const MetricsLog::Line& line) {
  JsonFields fields;
  for (const auto& [name, value] : line) fields.emplace_back(name, json_value(value));
  return json_object(fields);
}

std::string without_times(const std::string& lines) {
  std::string text = lines;
  for (const std::string name : {"\"seconds\"", "\"images_per_second\"", "\"peak_memory_bytes\""}) {
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      text.erase(at, text.find_first_of(",}", at) - at);
    }
  }
  return text;
}

}  // namespace gan
