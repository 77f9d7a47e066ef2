#include "gan/cli/program.h"

#include <new>

#include "support/test.h"

namespace gan {
namespace {

std::string told_by(const std::function<int()>& body) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_program("gan-x", "--count", body), 1);
  return testing::internal::GetCapturedStderr();
}

TEST(Program, WhereMemoryRunsOutItSaysWhatToMakeSmaller) {
  const std::string expected = "gan-x: error: out of memory (a smaller --count needs less)\n";
  EXPECT_EQ(told_by([]() -> int { throw std::bad_alloc(); }), expected);
  // LibTorch's error for an allocation larger than the address space.
  EXPECT_EQ(told_by([] { return static_cast<int>(at::empty({int64_t{1} << 50}).numel()); }), expected);
}

}  // namespace
}  // namespace gan
