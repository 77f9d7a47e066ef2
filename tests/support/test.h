#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gan/base/error.h"

namespace gan::test {

namespace fs = std::filesystem;

/// A new folder, removed at the end of its lifetime.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// During its lifetime no file grows beyond that many bytes: writing fails as on a full disk. Keep it short: the output
/// of the test may go to a file, too.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes);
  ~FileSizeLimit();
  FileSizeLimit(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

/// The folder of the repository's 1,000 + 200 digits.
fs::path mnist_tiny();

std::string slurp(const fs::path& path);
void spill(const fs::path& path, std::string_view bytes);

std::vector<std::string> lines_of(const std::string& text);

/// The number with that name in a line of metrics.jsonl; NaN if there is none.
double number_in(const std::string& line, const std::string& name);

/// The sorted names of a folder's entries.
std::vector<std::string> names_in(const fs::path& folder);

/// The text of the Error that `act` throws; fails the test if it throws none.
template <class Act>
std::string error_of(Act&& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected an Error";
  return {};
}

/// The result of running a program.
struct Ran {
  int code = -1;  ///< 128 + n if signal n ended it
  std::string out, err;
  double cpu_seconds = 0;
  int64_t peak_bytes = 0;  ///< of memory
};

/// Runs a program beside the test. Kills it at the end of its lifetime. `program` is a path, or the name of one of our
/// programs.
class Process {
 public:
  Process(const std::string& program, const std::vector<std::string>& arguments, const fs::path& working_folder = ".");
  ~Process();
  Process(const Process&) = delete;

  /// Waits until the program writes `text` to stderr. Fails the test after a minute, or if the program ends before.
  void wait_for(const std::string& text) const;

  void signal(int number) const;
  Ran wait();

 private:
  TemporaryFolder folder_;  ///< of its output
  pid_t id_;
};

/// Runs `program`, a path or the name of one of our programs, in this process.
[[noreturn]] void execute(const std::string& program, const std::vector<std::string>& arguments);

/// Starts a process that runs `act` and exits with 0. Returns its id.
pid_t start(const std::function<void()>& act);

/// Waits for a process. Returns the signal that ended it; 0 if none did.
int signal_that_ended(pid_t process);

/// Runs a program and waits for it.
Ran run(const std::string& program, const std::vector<std::string>& arguments, const fs::path& working_folder = ".");

}  // namespace gan::test
