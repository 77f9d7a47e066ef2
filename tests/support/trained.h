// A small model of each family after four steps, for tests of what can be asked of it.
#pragma once

#include <map>

#include "support/test.h"

namespace gan::test {

/// Its run's folder. Each is made once.
inline const fs::path& trained(const std::string& model) {
  static const TemporaryFolder folder;
  static std::map<std::string, fs::path> made;
  if (!made.contains(model)) {
    const Ran ran = run("gan-train", {"--model",         model,
                                      "--data",          mnist_tiny(),
                                      "--batch-size",    "8",
                                      "--steps",         "4",
                                      "--init",          "xavier",
                                      "--base-channels", "2",
                                      "--latent-size",   model == "cgan" ? "100" : "6",
                                      "--threads",       "1",
                                      "--out",           folder / model,
                                      "--eval-every",    "0"});
    if (ran.code != 0) throw std::runtime_error(ran.err);
    made[model] = folder / model;
  }
  return made[model];
}

/// gan-sample of that model, in a folder.
inline Ran sample(const std::string& model, std::vector<std::string> flags, const fs::path& folder) {
  flags.insert(flags.begin(), {trained(model).string(), "--threads", "1"});
  return run("gan-sample", flags, folder);
}

/// What gan-sample answers to flags that it must refuse, in one line and without writing anything.
inline std::string refused(const std::string& model, const std::vector<std::string>& flags) {
  const TemporaryFolder folder;
  const Ran ran = sample(model, flags, folder.path());
  EXPECT_EQ(ran.code, 2) << ran.out;
  EXPECT_EQ(lines_of(ran.err).size(), 1u) << ran.err;
  EXPECT_TRUE(fs::is_empty(folder.path()));
  return ran.err;
}

}  // namespace gan::test
