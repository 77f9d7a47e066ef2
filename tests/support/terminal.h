#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace gan::test {

/// Runs one of our programs on a terminal of its own, for stdout and stderr. Kills it at the end of its lifetime.
class Terminal {
 public:
  using Environment = std::map<std::string, std::string>;

  /// `environment` is added to the test's own.
  Terminal(const std::string& program, const std::vector<std::string>& arguments, int columns,
           const Environment& environment = {});
  ~Terminal();
  Terminal(const Terminal&) = delete;

  /// Waits until the program writes `text`. Fails the test after a minute, or if the program ends before.
  void wait_for(const std::string& text);

  void type(const std::string& keys) const;  ///< "\x03" is Ctrl-C

  /// Reads all output and returns the exit code.
  int wait();

  const std::string& bytes() const { return bytes_; }

  /// The lines on an endless screen after all output, with \r, \n, "\033[K" and wrapping applied.
  std::vector<std::string> lines() const;

 private:
  bool read_some();

  int columns_, descriptor_ = -1;
  pid_t id_ = -1;
  std::string bytes_;
};

}  // namespace gan::test
