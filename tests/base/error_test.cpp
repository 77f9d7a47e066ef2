#include "gan/base/error.h"

#include "support/test.h"

namespace gan {
namespace {

TEST(Error, SaysWhatAndPutsTheHintInParentheses) {
  EXPECT_STREQ(Error("--data: no such folder").what(), "--data: no such folder");
  EXPECT_STREQ(Error("--data: no such folder", "try another").what(), "--data: no such folder (try another)");
}

TEST(Error, StaysOneLineWhenAPathHoldsControlCharacters) {
  EXPECT_STREQ(Error("a\nb: no such file", "see\r\nthere").what(), "a\\nb: no such file (see\\x0d\\nthere)");
}

TEST(Error, EscapesEveryControlCharacterAndNothingElse) {
  EXPECT_EQ(one_line(std::string("\0\t\n\x1b[31m\x7f", 9)), "\\x00\\t\\n\\x1b[31m\\x7f");
  EXPECT_EQ(one_line("plain ~ \\n \xc3\xa9\xe2\x82\xac"), "plain ~ \\n \xc3\xa9\xe2\x82\xac");
}

}  // namespace
}  // namespace gan
