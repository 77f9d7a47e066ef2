// Runs each fuzz target briefly: on its seeds, and on a fixed series of mutations of them.

#include <random>

#include "fuzz/targets.h"
#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> seeds_of(const char* target) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(GAN_SOURCE_DIR) / "tests/fuzz/seeds" / target)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const auto& path : paths) seeds.push_back(test::slurp(path));
  return seeds;
}

/// A mutation as fuzzers make it: flips a bit, sets a byte, deletes or doubles a part, truncates, or inserts a part of
/// another seed.
void mutate(std::string& bytes, const std::string& other, std::mt19937& random) {
  const auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
  const size_t at = below(bytes.size()), count = 1 + below(16);
  switch (random() % 6) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] = "\x00\x01\x7f\x80\xff\n\" ="[random() % 9];
      break;
    case 2:
      bytes.erase(at, count);
      break;
    case 3:
      bytes.insert(at, bytes.substr(at, count));
      break;
    case 4:
      if (random() % 8 == 0) bytes.resize(at);
      break;
    case 5:
      bytes.insert(at, other.substr(below(other.size()), count));
      break;
  }
}

class Fuzz : public testing::TestWithParam<fuzz::Target> {};

TEST_P(Fuzz, TargetSurvivesSeedsAndMutations) {
  constexpr int kRuns = 1500;
  const fs::path before = fs::current_path();
  const std::vector<std::string> seeds = seeds_of(GetParam().name);
  ASSERT_GE(seeds.size(), 3u);
  for (const auto& seed : seeds) GetParam().run(seed);
  std::mt19937 random(1);  // NOLINT: the same series each time
  for (int i = 0; i < kRuns; ++i) {
    std::string bytes = seeds[random() % seeds.size()];
    for (size_t changes = 1 + random() % 4; changes > 0; --changes) {
      mutate(bytes, seeds[random() % seeds.size()], random);
    }
    try {
      GetParam().run(bytes);
    } catch (const std::exception& fault) {
      FAIL() << "run " << i << ": " << fault.what();
    }
  }
  fs::current_path(before);
}

TEST_P(Fuzz, TargetIsBuiltByThePreset) {
  const std::string program = std::string("fuzz_") + GetParam().name;
  const std::string presets = test::slurp(fs::path(GAN_SOURCE_DIR) / "CMakePresets.json");
  EXPECT_THAT(presets, testing::HasSubstr('"' + program + '"'));
}

INSTANTIATE_TEST_SUITE_P(, Fuzz, testing::ValuesIn(fuzz::kTargets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace gan
