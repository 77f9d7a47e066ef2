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

TEST(Text, RefusesWhatIsNotOneWholeInteger) {
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

TEST(Text, RefusesNumbersThatAreNotFiniteOrNotWhole) {
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

TEST(Text, PrintsNoMoreDigitsThanReadBack) {
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

}  // namespace
}  // namespace gan
