#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace gan::test {

/// One of our programs on a terminal of its own, for stdout and stderr, and not longer than this object lives.
class Terminal {
 public:
  using Environment = std::map<std::string, std::string>;

  /// `environment` is what differs from the test's.
  Terminal(const std::string& program, const std::vector<std::string>& arguments, int columns,
           const Environment& environment = {});
  ~Terminal();
  Terminal(const Terminal&) = delete;

  /// Returns once `text` has been written; fails the test if the program ends without, or after a minute.
  void wait_for(const std::string& text);

  void type(const std::string& keys) const;  ///< "\x03" is Ctrl-C

  /// The exit code, after all has been read.
  int wait();

  const std::string& bytes() const { return bytes_; }

  /// What all of it leaves on a screen without end, line by line: after \r, \n, "\033[K" and wrapping.
  std::vector<std::string> lines() const;

 private:
  bool read_some();

  int columns_, descriptor_ = -1;
  pid_t id_ = -1;
  std::string bytes_;
};

}  // namespace gan::test
