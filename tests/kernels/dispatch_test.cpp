// Reads the kernels' machine code: whether a compiler made vectors of the loops is seen in no result, and shows in
// speed only on a machine with those instructions.

#include <filesystem>
#include <regex>

#include "gan/device/instructions.h"
#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;

/// A function that was compiled for an instruction set.
struct Compiled {
  std::string name, instructions, code;

  int64_t count(const std::string& pattern) const {
    const std::regex regex(pattern);
    return std::distance(std::sregex_iterator(code.begin(), code.end(), regex), std::sregex_iterator());
  }
  std::string wide() const { return instructions == "avx2" ? "%ymm" : "%[yz]mm"; }
};

/// What with_best_instructions (src/kernels/dispatch.h) made of a source file's kernels.
std::vector<Compiled> compiled(const std::string& source) {
  const test::TemporaryFolder folder;
  const std::string object = source + ".o";
  EXPECT_EQ(test::run("/usr/bin/ar", {"x", fs::absolute(GAN_BINARY_DIR) / "libgan.a", object}, folder.path()).code, 0);
  const test::Ran listed = test::run("/usr/bin/objdump", {"-d", "--no-show-raw-insn", folder / object});
  EXPECT_EQ(listed.code, 0) << listed.err;
  std::vector<Compiled> functions;
  const std::regex heading("^[0-9a-f]+ <(.*run_with_(avx2|avx512).*)>:$");
  bool inside = false;
  for (const std::string& line : test::lines_of(listed.out)) {
    std::smatch match;
    if (line.ends_with(">:")) {
      inside = std::regex_match(line, match, heading) && !match[1].str().ends_with(".cold");
      if (inside) functions.push_back({match[1], match[2], ""});
    } else if (inside) {
      functions.back().code += line + "\n";
    }
  }
  return functions;
}

class Dispatch : public testing::Test {
 protected:
  void SetUp() override {
#if !defined(GAN_HAS_INSTRUCTIONS) || !defined(NDEBUG)
    GTEST_SKIP() << "only GCC 12 or newer, in a release build, makes vectors for several instruction sets";
#endif
    if (!fs::exists("/usr/bin/objdump")) GTEST_SKIP() << "needs objdump";
  }
};

TEST_F(Dispatch, CompilesEachKernelToVectors) {
  const std::vector<std::pair<std::string, size_t>> kernels_in{
      {"batch_norm.cpp", 24}, {"batch_std.cpp", 6},     {"convolution.cpp", 4}, {"dropout.cpp", 2},
      {"max_pool.cpp", 8},    {"small_product.cpp", 2}, {"winograd.cpp", 14}};
  for (const auto& [source, kernels] : kernels_in) {
    const std::vector<Compiled> functions = compiled(source);
    EXPECT_EQ(functions.size(), kernels) << source;
    for (const Compiled& function : functions) {
      EXPECT_GT(function.count("v(add|sub|mul|max|min|blend|cmp|fn?m)\\w*p[sd]\\w* .*" + function.wide()), 0)
          << source << ": " << function.name;
    }
  }
}

// GCC keeps vectors that are wider than a register in memory.
TEST_F(Dispatch, KeepsTheSumsOfAProductInRegisters) {
  const std::vector<Compiled> functions = compiled("small_product.cpp");
  ASSERT_EQ(functions.size(), 2U);
  for (const Compiled& function : functions) {
    EXPECT_GT(function.count("vfmadd\\w*ps .*" + function.wide()), 40) << function.name;
    EXPECT_EQ(function.count("\\(%r[sb]p.*" + function.wide() + "|" + function.wide() + ".*\\(%r[sb]p"), 0)
        << function.name;
  }
}

}  // namespace
}  // namespace gan
