#include "gan/base/choice.h"

#include "support/test.h"

namespace gan {
namespace {

enum class Fruit { apple, sour_cherry, unlisted };

constexpr auto choices(Fruit) {
  return std::array<Choice<Fruit>, 2>{{{Fruit::apple, "apple"}, {Fruit::sour_cherry, "sour-cherry"}}};
}

TEST(Choice, ReadsEachWordOfTheTable) {
  Fruit fruit = Fruit::unlisted;
  EXPECT_TRUE(parse_text("sour-cherry", fruit));
  EXPECT_EQ(fruit, Fruit::sour_cherry);
  EXPECT_TRUE(parse_text("apple", fruit));
  EXPECT_EQ(fruit, Fruit::apple);
}

TEST(Choice, KeepsTheValueIfTheWordIsUnknown) {
  for (const char* word : {"", "Apple", "apple ", "app", "apples", "apple|sour-cherry"}) {
    Fruit fruit = Fruit::sour_cherry;
    EXPECT_FALSE(parse_text(word, fruit)) << word;
    EXPECT_EQ(fruit, Fruit::sour_cherry) << word;
  }
}

TEST(Choice, PrintsTheWordOfAValueOrNothing) {
  EXPECT_EQ(to_text(Fruit::sour_cherry), "sour-cherry");
  EXPECT_EQ(to_text(Fruit::unlisted), "");
}

TEST(Choice, ListsWordsInTheOrderOfTheTable) {
  EXPECT_EQ(words<Fruit>(), "apple|sour-cherry");
}

}  // namespace
}  // namespace gan
