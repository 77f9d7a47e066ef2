#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gan/base/error.h"

namespace gan::test {

namespace fs = std::filesystem;

/// A folder of the test's own, removed at its end.
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

/// The 1,000 + 200 digits in the repository.
fs::path mnist_tiny();

std::string slurp(const fs::path& path);
void spill(const fs::path& path, std::string_view bytes);

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

/// What running a program gave.
struct Ran {
  int code = -1;  ///< 128 + n if signal n ended it
  std::string out, err;
};

/// Runs a program and waits for it. `program` is a path, or the name of one of ours.
Ran run(const std::string& program, const std::vector<std::string>& arguments, const fs::path& working_folder = ".");

}  // namespace gan::test
