// scripts/sweep.sh and scripts/hold_out.sh as a user runs them.

#include "gan/data/dataset.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran, test::TemporaryFolder;
using testing::ContainsRegex, testing::HasSubstr, testing::Not;
namespace fs = std::filesystem;

Ran sweep(const TemporaryFolder& folder, const std::string& settings, std::vector<std::string> more = {}) {
  test::spill(folder / "settings.txt", settings);
  more.insert(more.end(), {"--build", GAN_BINARY_DIR, "--data", test::mnist_tiny(), "--out", folder / "sweep",
                           "--count", "100", folder / "settings.txt"});
  more.insert(more.begin(), fs::path(GAN_SOURCE_DIR) / "scripts/sweep.sh");
  return test::run("/bin/bash", more);
}

const std::string kSmall = "--base-channels 2 --batch-size 8 --grid 2x2 --eval-samples 100 --threads 1";

TEST(Sweep, RanksSettingsAndTrainsNothingTwice) {
  const TemporaryFolder folder;
  const std::string settings =
      "# two of them\none " + kSmall + " --lr 1e-3  # the first\n\nfails " + kSmall + " --optimizer sgd --lr 1e3\n";
  const std::vector<std::string> flags{"--steps", "20", "--seeds", "0,1"};
  const Ran first = sweep(folder, settings, flags);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out,
              ContainsRegex("\n\\| one \\| 2 \\| 0 \\| 20 \\| [0-9.]+ \\| [0-9.]+ \\| [0-9.]+ \\| [0-9.]+ \\|\n"));
  EXPECT_THAT(first.out, HasSubstr("| fails | 0 | 2 |"));
  const auto written = fs::last_write_time(folder / "sweep/one-0/g.pt");
  const Ran again = sweep(folder, settings, flags);
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(fs::last_write_time(folder / "sweep/one-0/g.pt"), written);
}

TEST(Sweep, TakesALengthFromASettingInsteadOfItsOwn) {
  const TemporaryFolder folder;
  const Ran ran = sweep(folder, "a-b --steps 12 " + kSmall + "\nb " + kSmall, {"--minutes", "0.001", "--seeds", "0"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("| a-b | 1 | 0 | 12 |"));
  EXPECT_THAT(test::slurp(folder / "sweep/a-b-0.asked"), Not(HasSubstr("minutes")));
  EXPECT_THAT(test::slurp(folder / "sweep/b-0.asked"), HasSubstr("--max-minutes 0.001"));
}

TEST(Sweep, RefusesInOneLineWhatItCannotRun) {
  const TemporaryFolder folder;
  const auto expect = [&](const std::string& settings, const std::vector<std::string>& flags,
                          const std::string& reason) {
    const Ran ran = sweep(folder, settings, flags);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(reason));
    EXPECT_FALSE(fs::exists(folder / "sweep"));
  };
  expect("a --lr 1\na --lr 2\n", {}, "expected unique names of letters, digits and . _ -, got 'a'");
  expect("# none\n", {}, "expected settings, got none");
  expect("../a --lr 1\n", {}, "got '../a'");
  expect("a\n", {"--seeds", "0;1"}, "--seeds: expected numbers like 0,1,2");
  expect("a\n", {"--sed", "0"}, "unknown flag --sed");
  expect("a --steps 5\nb --no-such-flag\n", {}, "--no-such-flag");
  expect("a\n", {"--minutes", "5m"}, "--max-minutes");
}

TEST(Sweep, KeepsARunApartFromOneOfOtherFlags) {
  const TemporaryFolder folder;
  EXPECT_EQ(sweep(folder, "a " + kSmall, {"--steps", "5", "--seeds", "0"}).code, 0);
  const Ran other = sweep(folder, "a " + kSmall + " --lr 1e-4", {"--steps", "5", "--seeds", "0"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("a-0 was trained with other flags"));
}

Ran hold_out(const fs::path& from, const fs::path& to, const std::string& count) {
  return test::run("/bin/bash", {"-c", "BUILD=\"$1\" exec bash \"$0\" \"${@:2}\"",
                                 fs::path(GAN_SOURCE_DIR) / "scripts/hold_out.sh", GAN_BINARY_DIR, from, to, count});
}

TEST(HoldOut, SplitsTheTrainingImagesInTheirOrder) {
  const TemporaryFolder folder;
  const Ran ran = hold_out(test::mnist_tiny(), folder / "chosen", "201");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Dataset all = load_dataset(test::mnist_tiny());
  const Dataset train = load_dataset(folder / "chosen"), held = load_dataset(folder / "chosen", Split::test);
  EXPECT_TRUE(at::equal(train.images, all.images.slice(0, 0, 799)));
  EXPECT_TRUE(at::equal(train.labels, all.labels.slice(0, 0, 799)));
  EXPECT_TRUE(at::equal(held.images, all.images.slice(0, 799)));
  EXPECT_TRUE(at::equal(held.labels, all.labels.slice(0, 799)));
  EXPECT_TRUE(fs::exists(folder / "chosen/classifier.pt"));
}

TEST(HoldOut, LeavesNothingOfWhatItRefuses) {
  const TemporaryFolder folder;
  for (const char* count : {"0", "1000", "ten"}) {
    const Ran ran = hold_out(test::mnist_tiny(), folder / "chosen", count);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("expected a count from 1 to 999, got '" + std::string(count) + "'"));
  }
  EXPECT_EQ(hold_out(folder.path(), folder / "chosen", "1").code, 2);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace gan
