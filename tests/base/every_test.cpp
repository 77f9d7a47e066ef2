#include "gan/base/every.h"

#include "support/test.h"

namespace gan {
namespace {

/// The steps from 1 to 12 that are due, with three steps an epoch.
std::vector<int64_t> due_steps(const Every& every) {
  std::vector<int64_t> steps;
  for (int64_t step = 1; step <= 12; ++step) {
    if (every.due(step, 3)) steps.push_back(step);
  }
  return steps;
}

TEST(Every, CountsSteps) {
  EXPECT_THAT(due_steps({.count = 5}), testing::ElementsAre(5, 10));
  EXPECT_THAT(due_steps({.count = 1}), testing::SizeIs(12));
  EXPECT_THAT(due_steps({.count = 13}), testing::IsEmpty());
}

TEST(Every, CountsEpochsAndIncludesTheFirst) {
  EXPECT_THAT(due_steps({.count = 1, .epochs = true}), testing::ElementsAre(3, 6, 9, 12));
  EXPECT_THAT(due_steps({.count = 2, .epochs = true}), testing::ElementsAre(3, 6, 12));
  EXPECT_THAT(due_steps({.count = 100, .epochs = true}), testing::ElementsAre(3));
}

TEST(Every, IsNeverDueWithACountOfZero) {
  EXPECT_THAT(due_steps({.count = 0}), testing::IsEmpty());
  EXPECT_THAT(due_steps({.count = 0, .epochs = true}), testing::IsEmpty());
}

TEST(Every, ReadsStepsAndEpochs) {
  Every every;
  EXPECT_TRUE(parse_text("100", every));
  EXPECT_EQ(every, (Every{.count = 100, .epochs = false}));
  EXPECT_TRUE(parse_text("10e", every));
  EXPECT_EQ(every, (Every{.count = 10, .epochs = true}));
  EXPECT_TRUE(parse_text("0", every));
  EXPECT_EQ(every, (Every{.count = 0, .epochs = false}));
}

TEST(Every, RefusesOtherTextAndKeepsTheValue) {
  for (const char* text :
       {"", "e", "-1", "-1e", "1.5", "1 e", "e1", "10ee", "10E", "1e3", " 1", "99999999999999999999"}) {
    Every every{.count = 7, .epochs = true};
    EXPECT_FALSE(parse_text(text, every)) << text;
    EXPECT_EQ(every, (Every{.count = 7, .epochs = true})) << text;
  }
}

TEST(Every, PrintsWhatItReads) {
  EXPECT_EQ(to_text(Every{.count = 100}), "100");
  EXPECT_EQ(to_text(Every{.count = 10, .epochs = true}), "10e");
}

}  // namespace
}  // namespace gan
