#include "gan/base/text.h"

#include <limits>

#include "support/test.h"

namespace gan {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

template <class T>
void expect_refused(std::initializer_list<std::string_view> texts, T kept) {
  for (const std::string_view text : texts) {
    T value = kept;
    EXPECT_FALSE(parse_text(text, value)) << text;
    EXPECT_EQ(value, kept) << text;
  }
}

TEST(Text, ReadsIntegersToTheirLimits) {
  int64_t value = 0;
  EXPECT_TRUE(parse_text("-9223372036854775808", value));
  EXPECT_EQ(value, kLowest);
  EXPECT_TRUE(parse_text("9223372036854775807", value));
  EXPECT_EQ(value, kHighest);
}

TEST(Text, RefusesOtherTextAsAnInteger) {
  expect_refused<int64_t>({"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "one", "9223372036854775808", {"1\0", 2}},
                          7);
}

TEST(Text, ReadsNumbers) {
  double value = 0;
  EXPECT_TRUE(parse_text("0.0002", value));
  EXPECT_EQ(value, 0.0002);
  EXPECT_TRUE(parse_text("-1e-3", value));
  EXPECT_EQ(value, -0.001);
  EXPECT_TRUE(parse_text("5", value));
  EXPECT_EQ(value, 5.0);
}

TEST(Text, RefusesOtherTextAsANumber) {
  expect_refused<double>({"", "inf", "-inf", "nan", "1e999", "+1", " 1", "1 ", "1,5", "0x10", "1e", "1.5x", "."}, 0.5);
}

TEST(Text, ReadsTrueAndFalseOnly) {
  bool value = false;
  EXPECT_TRUE(parse_text("true", value));
  EXPECT_TRUE(value);
  EXPECT_TRUE(parse_text("false", value));
  EXPECT_FALSE(value);
  expect_refused<bool>({"", "1", "0", "True", "yes", "true "}, true);
}

TEST(Text, ReadsAnyString) {
  std::string value = "before";
  EXPECT_TRUE(parse_text(" a b ", value));
  EXPECT_EQ(value, " a b ");
  EXPECT_TRUE(parse_text("", value));
  EXPECT_EQ(value, "");
}

TEST(Text, PrintsTheShortestDigits) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(0.0002), "0.0002");
  EXPECT_EQ(to_text(1.0), "1");
  EXPECT_EQ(to_text(1.0 / 3.0), "0.3333333333333333");
  EXPECT_EQ(to_text(kLowest), "-9223372036854775808");
  EXPECT_EQ(to_text(true), "true");
  EXPECT_EQ(to_text(false), "false");
}

TEST(Text, ReadsBackEveryKindOfDouble) {
  using Limits = std::numeric_limits<double>;
  for (const double value : {0.1 + 0.2, -1e22, Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min()}) {
    double read = 0;
    EXPECT_TRUE(parse_text(to_text(value), read)) << value;
    EXPECT_EQ(read, value);
  }
}

TEST(Text, GroupsDigitsByThree) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(-123), "-123");
  EXPECT_EQ(with_commas(-123456), "-123,456");
  EXPECT_EQ(with_commas(kHighest), "9,223,372,036,854,775,807");
  EXPECT_EQ(with_commas(kLowest), "-9,223,372,036,854,775,808");
}

TEST(Text, AcceptsUtf8OfEveryLength) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("plain ~\n"), std::string_view("\0", 1), std::string_view("\x7f"),
        std::string_view("\xc2\x80"), std::string_view("\xdf\xbf"), std::string_view("\xe0\xa0\x80"),
        std::string_view("\xed\x9f\xbf"), std::string_view("\xee\x80\x80"), std::string_view("\xef\xbf\xbf"),
        std::string_view("\xf0\x90\x80\x80"), std::string_view("\xf4\x8f\xbf\xbf"),
        std::string_view("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82z")}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Text, RefusesMalformedUtf8) {
  for (const std::string_view text : {
           "\x80",
           "\xbf",
           "a\x80",  // a continuation byte alone
           "\xc0\x80",
           "\xc1\xbf",
           "\xe0\x9f\xbf",
           "\xf0\x8f\xbf\xbf",  // overlong
           "\xed\xa0\x80",
           "\xed\xbf\xbf",  // UTF-16 surrogates
           "\xf4\x90\x80\x80",
           "\xf5\x80\x80\x80",
           "\xf7\xbf\xbf\xbf",  // beyond U+10FFFF
           "\xf8\x88\x80\x80\x80",
           "\xfe",
           "\xff",  // no such lead byte
           "\xc3",
           "\xe2\x82",
           "\xe2",
           "\xf0\x9f\x99",
           "\xf0",
           "ok\xc3",  // truncated
           "\xc3z",
           "\xe2\x82z",
           "\xe2z\xac",
           "\xf0\x9f\x99z",
           "\xc3\xc3"  // a character inside a character
       }) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
    EXPECT_FALSE(is_utf8(std::string(text) + " and on")) << testing::PrintToString(text);
  }
}

TEST(Text, ControlCharactersAreFound) {
  for (const std::string_view text : {"a\nb", "\t", "\x01", "a\x7f", "\x1f"}) EXPECT_TRUE(has_control_characters(text));
  EXPECT_TRUE(has_control_characters(std::string_view("\0", 1)));
  for (const std::string_view text : {"", " ~", "caf\xc3\xa9", "\x80"}) EXPECT_FALSE(has_control_characters(text));
}

TEST(Text, IsMadePrintable) {
  EXPECT_EQ(printable("caf\xc3\xa9 \x1b[31m\n\x7f"), "caf\xc3\xa9 ?[31m??");
  EXPECT_EQ(printable("M\xe4nner"), "M?nner");
}

TEST(Text, QuotesWordsForAShell) {
  EXPECT_EQ(shell_word("runs/00000-dcgan"), "runs/00000-dcgan");
  EXPECT_EQ(shell_word("my runs/$x"), "'my runs/$x'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("~"), "'~'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Text, ListsTheFirstTen) {
  EXPECT_EQ(listed({"cats", "dogs"}), "cats, dogs");
  EXPECT_EQ(listed(std::vector<std::string>(10, "a")), "a, a, a, a, a, a, a, a, a, a");
  EXPECT_EQ(listed(std::vector<std::string>(11, "a")), "a, a, a, a, a, a, a, a, a, a, ...");
}

TEST(Split, KeepsEmptyPieces) {
  EXPECT_THAT(split("3,,5", ','), testing::ElementsAre("3", "", "5"));
  EXPECT_THAT(split("", ','), testing::ElementsAre(""));
  EXPECT_THAT(split("3,", ','), testing::ElementsAre("3", ""));
}

}  // namespace
}  // namespace gan
