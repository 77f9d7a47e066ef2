#include "gan/cli/program.h"

#include <new>

#include "support/test.h"

namespace gan {
namespace {

TEST(Program, WhereMemoryRunsOutItSaysWhatToMakeSmaller) {
  const std::string expected = "^gan-x: error: out of memory \\(a smaller --count needs less\\)\n$";
  const auto failed = testing::ExitedWithCode(1);
  EXPECT_EXIT(run_program("gan-x", "--count", []() -> int { throw std::bad_alloc(); }), failed, expected);
  // LibTorch's error for an allocation larger than the address space.
  const auto too_large = [] { return static_cast<int>(at::empty({int64_t{1} << 50}).numel()); };
  EXPECT_EXIT(run_program("gan-x", "--count", too_large), failed, expected);
}

}  // namespace
}  // namespace gan
