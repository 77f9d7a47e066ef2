#include "gan/run/progress.h"

#include "support/test.h"

namespace gan {
namespace {

TEST(Progress, LineSaysWhereTheRunStands) {
  const Standing standing{.step = 1400,
                          .total_steps = 14040,
                          .epoch = 3,
                          .epochs = 30,
                          .images_per_second = 1543.4,
                          .seconds_left = 185,
                          .values = {{"d_loss", 0.6204}, {"d_real", 0.71}}};
  EXPECT_EQ(progress_line(standing),
            "epoch 3/30 step 1400/14040 | 1,543 images/s | left 3:05 | d_loss 0.620 d_real 0.710");
}

TEST(Progress, ClockGrowsHours) {
  EXPECT_EQ(clock_text(0.4), "0:00");
  EXPECT_EQ(clock_text(65), "1:05");
  EXPECT_EQ(clock_text(3723), "1:02:03");
}

TEST(Progress, LogFileHoldsAllLinesEvenWhenQuiet) {
  const test::TemporaryFolder folder;
  Progress(folder / "log.txt", true).info("one\ntwo");
  EXPECT_THAT(test::slurp(folder / "log.txt"), testing::MatchesRegex("[^\n]* I one\n[^\n]* I two\n"));
}

}  // namespace
}  // namespace gan
