#include "gan/base/error.h"

#include <cerrno>

#include "support/test.h"

namespace gan {
namespace {

TEST(Error, PutsTheHintInParentheses) {
  EXPECT_STREQ(Error("--data: no such folder").what(), "--data: no such folder");
  EXPECT_STREQ(Error("--data: no such folder", "try another").what(), "--data: no such folder (try another)");
}

TEST(Error, StaysOneLineIfAPathHasControlCharacters) {
  EXPECT_STREQ(Error("a\nb: no such file", "see\r\nthere").what(), "a\\nb: no such file (see\\x0d\\nthere)");
}

TEST(Error, EscapesOnlyControlCharacters) {
  EXPECT_EQ(one_line(std::string("\0\t\n\x1b[31m\x7f", 9)), "\\x00\\t\\n\\x1b[31m\\x7f");
  EXPECT_EQ(one_line("plain ~ \\n \xc3\xa9\xe2\x82\xac"), "plain ~ \\n \xc3\xa9\xe2\x82\xac");
}

TEST(Error, GivesTheReasonOfErrno) {
  EXPECT_EQ(test::error_of([] {
              errno = ENOSPC;
              throw_errno("a/b", "cannot write");
            }),
            "a/b: cannot write: No space left on device");
}

TEST(WithContext, PutsThePlaceBeforeTheMessage) {
  EXPECT_EQ(test::error_of([] { with_context("--config", [] { throw Error("line 3: no", "try\nyes"); }); }),
            "--config: line 3: no (try\\nyes)");
}

TEST(WithContext, ReturnsTheResult) {
  EXPECT_EQ(with_context("a", [] { return 5; }), 5);
  bool called = false;
  with_context("a", [&] { called = true; });
  EXPECT_TRUE(called);
}

TEST(WithContext, PassesOtherExceptionsOn) {
  EXPECT_THROW(with_context("a", [] { throw std::logic_error("b"); }), std::logic_error);
}

}  // namespace
}  // namespace gan
