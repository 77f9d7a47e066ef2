#include "gan/run/progress.h"

#include <algorithm>

#include "gan/losses/adversarial.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::StartsWith;

const Status kStatus{.step = 9800,
                     .total_steps = 28110,
                     .epoch = 11,
                     .epochs = 30,
                     .images_per_second = 1933.4,
                     .seconds_left = 185,
                     .values = {{"d_loss", 1.27}, {"d_real", 0.46}, {"d_fake", 0.3914}, {"g_loss", 0.895}},
                     .scores = {{"mnist_fd", 3.203}}};

int columns_of(const std::string& text) {
  return static_cast<int>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

Screen wide(int columns) {
  return {.columns = columns, .can_redraw = true, .has_blocks = true};
}

TEST(Progress, LineSaysWhereTheRunStands) {
  EXPECT_EQ(progress_line(kStatus),
            "epoch 11/30 step 9800/28110 | mnist_fd 3.203 d_loss 1.270 d_real 0.460 d_fake 0.391 g_loss 0.895 | 1,933 "
            "images/s | 3:05 left");
}

TEST(Progress, ALineOfTooManyFieldsKeepsTheFirstOnesWhole) {
  EXPECT_EQ(progress_line(kStatus, 80), "epoch 11/30 step 9800/28110 | mnist_fd 3.203 d_loss 1.270 d_real 0.460");
  EXPECT_EQ(progress_line(kStatus, 40), "epoch 11/30 step 9800/28110");
  EXPECT_EQ(progress_line(kStatus, 20), "epoch 11/30");
}

TEST(Progress, ABarAtUsualWidthsShowsTheScoreAndWholeFields) {
  EXPECT_EQ(progress_bar(kStatus, wide(120)),
            "epoch 11/30  34%|█████▉           | 3:05 left, mnist_fd 3.203, 1,933 images/s, d_loss 1.270, d_real "
            "0.460, d_fake "
            "0.391");
  EXPECT_EQ(progress_bar(kStatus, wide(80)),
            "epoch 11/30  34%|█▋   | 3:05 left, mnist_fd 3.203, 1,933 images/s, d_loss 1.270");
  EXPECT_EQ(progress_bar(kStatus, wide(40)), "epoch 11/30  34%|███▊       | 3:05 left");
  EXPECT_EQ(progress_bar(kStatus, wide(30)), "epoch 11/30  34% 3:05 left");
  EXPECT_EQ(progress_bar(kStatus, wide(20)), "epoch 11/30  34%");
}

TEST(Progress, NoLineAndNoBarWrapsOrCutsAFieldAtAnyWidth) {
  const std::string line = progress_line(kStatus) + " ", bar = progress_bar(kStatus, wide(300));
  const std::string fields = bar.substr(bar.rfind('|') + 1) + ",";
  for (int columns = 1; columns < 200; ++columns) {
    const std::string narrow = progress_line(kStatus, columns);
    EXPECT_LT(columns_of(narrow), columns);
    EXPECT_THAT(line, StartsWith(narrow + (narrow.empty() ? "" : " ")));

    std::string narrow_bar = progress_bar(kStatus, wide(columns));
    EXPECT_LT(columns_of(narrow_bar), columns);
    const std::string head = "epoch 11/30  34%";
    if (!narrow_bar.starts_with(head)) {
      EXPECT_THAT(narrow_bar, "");
      continue;
    }
    narrow_bar.erase(0, std::max(head.size(), narrow_bar.rfind('|') + 1));
    EXPECT_THAT(fields, StartsWith(narrow_bar + (narrow_bar.empty() ? "" : ",")));
  }
}

TEST(Progress, ABarIsAsFullAsTheRunIsFar) {
  const auto bar = [](int64_t step, bool blocks) {
    const Screen screen{.columns = 40, .can_redraw = true, .has_blocks = blocks};
    return progress_bar({.step = step, .total_steps = 10, .epoch = 1, .epochs = 1}, screen);
  };
  EXPECT_EQ(bar(0, true), "epoch 1/1   0%|             | 0:00 left");
  EXPECT_EQ(bar(5, true), "epoch 1/1  50%|██████▌      | 0:00 left");
  EXPECT_EQ(bar(5, false), "epoch 1/1  50%|######       | 0:00 left");
  EXPECT_EQ(bar(10, true), "epoch 1/1 100%|█████████████| 0:00 left");
  EXPECT_EQ(bar(99, false), "epoch 1/1 100%|#############| 0:00 left");
}

TEST(Progress, NumbersOfAnySizeDoNotWrap) {
  const Status huge{.step = 999'999'999,
                    .total_steps = 1'000'000'000,
                    .epoch = 999'999'999,
                    .epochs = 1'000'000'000,
                    .images_per_second = 1e15,
                    .seconds_left = 1e12,
                    .values = {{"d_loss", 1e300}}};
  for (const int columns : {20, 40, 80, 120}) {
    EXPECT_LT(columns_of(progress_line(huge, columns)), columns);
    EXPECT_LT(columns_of(progress_bar(huge, wide(columns))), columns);
  }
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

TEST(ProgressLine, SaysHowDStands) {
  Status status = kStatus;
  status.equilibrium = Equilibrium::of(Loss::nonsaturating, 0.46, 0.41);
  EXPECT_THAT(progress_line(status), testing::HasSubstr(" | D even: 0.04 and 0.09 from 1/2 | "));
  EXPECT_THAT(progress_bar(status, wide(120)), testing::HasSubstr(", D even, "));
}

}  // namespace
}  // namespace gan
