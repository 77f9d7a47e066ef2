#include "gan/base/json.h"

#include <limits>

#include "support/test.h"

namespace gan {
namespace {

TEST(Json, WritesNumbersThatReadBackAsTheSame) {
  EXPECT_EQ(json_number(0.1), "0.1");
  EXPECT_EQ(json_number(-3), "-3");
}

TEST(Json, WritesNullForNumbersThatJsonLacks) {
  EXPECT_EQ(json_number(std::nan("")), "null");
  EXPECT_EQ(json_number(-std::numeric_limits<double>::infinity()), "null");
}

TEST(Json, EscapesWhatWouldEndAString) {
  EXPECT_EQ(json_string("plain, \xc3\xa9"), "\"plain, \xc3\xa9\"");
  EXPECT_EQ(json_string("a\"b\\c\n\x1f"), R"("a\"b\\c\u000a\u001f")");
}

TEST(Json, KeepsTheOrderOfFieldsAndValues) {
  EXPECT_EQ(json_object({}), "{}");
  EXPECT_EQ(json_array({}), "[]");
  EXPECT_EQ(json_object({{"b", json_array({"1", "null"})}, {"a", json_object({{"x", "0"}})}}),
            R"({"b": [1, null], "a": {"x": 0}})");
}

}  // namespace
}  // namespace gan
