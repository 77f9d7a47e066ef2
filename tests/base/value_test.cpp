#include "gan/base/value.h"

#include "support/test.h"

namespace gan {
namespace {

using test::error_of;

TEST(Value, KeepsTheOrderOfItsKeys) {
  Dict dict;
  dict.set("b", int64_t{1});
  dict.set("a", int64_t{2});
  ASSERT_EQ(dict.items.size(), 2u);
  EXPECT_EQ(dict.items[0].first, "b");
  EXPECT_EQ(dict.items[1].first, "a");
}

TEST(Value, ReturnsWhatWasSet) {
  Dict inner;
  inner.set("x", 0.5);
  Dict dict;
  dict.set("none", nullptr);
  dict.set("flag", true);
  dict.set("text", "words");
  dict.set("tensor", at::ones({2}));
  dict.set("list", List{int64_t{1}, "two"});
  dict.set("dict", inner);
  EXPECT_EQ(dict.get<std::nullptr_t>("none"), nullptr);
  EXPECT_TRUE(dict.get<bool>("flag"));
  EXPECT_EQ(dict.get<std::string>("text"), "words");
  EXPECT_EQ(dict.get<at::Tensor>("tensor").numel(), 2);
  EXPECT_EQ(dict.get<List>("list").size(), 2u);
  EXPECT_EQ(dict.get<Dict>("dict").get<double>("x"), 0.5);
}

TEST(Value, SaysWhichKeyIsMissing) {
  Dict dict;
  dict.set("steps", int64_t{1});
  EXPECT_TRUE(dict.contains("steps"));
  EXPECT_FALSE(dict.contains("step"));
  EXPECT_EQ(error_of([&] { dict.at("step"); }), "'step' is missing");
  EXPECT_EQ(error_of([&] { dict.get<int64_t>("step"); }), "'step' is missing");
}

TEST(Value, NamesTheExpectedKindAndTheActualOne) {
  Dict dict;
  dict.set("steps", 1.0);
  dict.set("weights", List{});
  EXPECT_EQ(error_of([&] { dict.get<int64_t>("steps"); }), "'steps': expected int, got float");
  EXPECT_EQ(error_of([&] { dict.get<at::Tensor>("weights"); }), "'weights': expected tensor, got list");
}

TEST(Value, GivesBackTheTextsOfAList) {
  const Dict dict{{{"texts", to_list({"a", "b"})}, {"mixed", List{"a", int64_t{1}}}}};
  EXPECT_THAT(texts_in(dict, "texts"), testing::ElementsAre("a", "b"));
  EXPECT_EQ(error_of([&] { texts_in(dict, "mixed"); }), "'mixed': expected str, got int");
}

TEST(Value, DoesNotConvertABoolToAnInteger) {
  Dict dict;
  dict.set("steps", true);
  EXPECT_EQ(error_of([&] { dict.get<int64_t>("steps"); }), "'steps': expected int, got bool");
}

TEST(Value, NamesKindsAsPythonDoes) {
  const List kinds{nullptr, true, int64_t{1}, 1.0, "text", at::ones({1}), List{}, Dict{}};
  std::vector<std::string> names;
  for (const auto& value : kinds) names.emplace_back(kind_name(value));
  EXPECT_THAT(names, testing::ElementsAre("None", "bool", "int", "float", "str", "tensor", "list", "dict"));
}

}  // namespace
}  // namespace gan
