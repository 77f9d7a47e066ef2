#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "support/test.h"

namespace gan::test {

/// Arguments of a run that takes a second on the digits in the repository, and more arguments.
inline std::vector<std::string> tiny_run(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--data",  mnist_tiny(), "--base-channels", "2",   "--batch-size", "8",
                                     "--steps", "6",          "--grid",          "2x2", "--threads",    "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The same on other data.
inline std::vector<std::string> tiny_run_on(const std::string& data, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = tiny_run(more);
  arguments[1] = data;
  return arguments;
}

/// Arguments of a run that lasts until it is stopped.
inline std::vector<std::string> endless(const fs::path& out) {
  return {"--data",      mnist_tiny(), "--base-channels", "2",   "--batch-size",       "8",  "--steps", "1000000",
          "--log-every", "20",         "--grid",          "2x2", "--checkpoint-every", "40", "--out",   out,
          "--threads",   "1"};
}

inline Ran train(const fs::path& out, std::vector<std::string> more = {}, const fs::path& working_folder = ".") {
  if (!out.empty()) more.insert(more.end(), {"--out", out.string()});
  return run("gan-train", tiny_run(more), working_folder);
}

/// Expects exit code 2, nothing on stdout, one line with `expected` on stderr, and no file created.
inline void expect_refusal(const std::vector<std::string>& arguments, const std::string& expected) {
  const TemporaryFolder folder;
  const Ran ran = run("gan-train", arguments, folder.path());
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, testing::StartsWith("gan-train: error: "));
  EXPECT_THAT(ran.err, testing::HasSubstr(expected));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

/// The line with the SHA-256 of the weights that a run printed.
inline std::string sha256_of(const Ran& ran) {
  return ran.out.substr(std::min(ran.out.find("sha256"), ran.out.size()), 75);
}

}  // namespace gan::test
