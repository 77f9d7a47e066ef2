#include "gan/base/spelling.h"

#include "support/test.h"

namespace gan {
namespace {

TEST(Spelling, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("reciep", "recipe"), 1u);  // neighbours swapped
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);         // 2 if a place could be edited twice
}

TEST(Spelling, SuggestsTheNearestWord) {
  const std::vector<std::string> flags{"epochs", "recipe", "steps", "sample-every", "seed"};
  EXPECT_EQ(did_you_mean("epoch", flags), "did you mean epochs?");
  EXPECT_EQ(did_you_mean("reciep", flags), "did you mean recipe?");
  EXPECT_EQ(did_you_mean("step", flags), "did you mean steps?");
  EXPECT_EQ(did_you_mean("sample_every", flags), "did you mean sample-every?");
  EXPECT_EQ(did_you_mean("sed", flags, "--"), "did you mean --seed?");
  EXPECT_EQ(did_you_mean("sampl", flags), "did you mean sample-every?");  // a prefix
  EXPECT_EQ(did_you_mean("step", {"steps-per-epoch", "steps"}), "did you mean steps?");
}

TEST(Spelling, SuggestsNothingForADistantWord) {
  const std::vector<std::string> flags{"lr", "r1", "epochs"};
  EXPECT_EQ(did_you_mean("loops", flags), "");
  EXPECT_EQ(did_you_mean("", flags), "");
  EXPECT_EQ(did_you_mean("x", flags), "");
  EXPECT_EQ(did_you_mean("ep", flags), "");  // too short for a prefix
  EXPECT_EQ(did_you_mean(std::string(100'000, 'e'), flags), "");
}

}  // namespace
}  // namespace gan
