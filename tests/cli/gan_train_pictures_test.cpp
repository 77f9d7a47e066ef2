// gan-train on folders of pictures, as a user runs it.

#include "cli/gan_train.h"
#include "gan/images/png.h"
#include "support/test.h"

namespace gan {
namespace {

using test::expect_refusal;
using test::Ran;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path kFixtures = GAN_SOURCE_DIR "/tests/fixtures/pictures";

/// Eight pictures in each of two folders.
fs::path faces(const TemporaryFolder& folder) {
  for (const auto& [kind, picture] : {std::pair{"young", "turned-1.jpg"}, {"old", "rgb.png"}}) {
    fs::create_directories(folder / "faces" / kind);
    for (int i = 0; i < 8; ++i) {
      const std::string name = std::to_string(i) + fs::path(picture).extension().string();
      fs::copy_file(kFixtures / picture, folder / "faces" / kind / name);
    }
  }
  return folder / "faces";
}

Ran train(const fs::path& data, const fs::path& out, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"--data",       data, "--out",   out, "--image-size", "32", "--base-channels", "2",
                                     "--batch-size", "4",  "--steps", "3", "--threads",    "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::run("gan-train", arguments);
}

TEST(GanTrainPictures, AFolderIsTrainedOnByClassAndResumed) {
  const TemporaryFolder folder;
  const fs::path data = faces(folder);
  fs::rename(data / "old", data / "grey, old");
  const Ran ran = train(data, folder / "run", {"--model", "cgan", "--mirror"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err,
              HasSubstr("16 pictures of 28x20 pixels, with colours, in 2 classes: grey, old, young; taken as 3x32x32"));
  EXPECT_EQ(read_png(folder / "run/real.png").size(0), 3);
  const Ran on = test::run("gan-train", {"--resume", folder / "run", "--steps", "5"});
  EXPECT_EQ(on.code, 0) << on.err;
  const auto sample = [&](const std::string& label, const fs::path& out) {
    return test::run("gan-sample", {folder / "run", "--label", label, "--count", "4", "--out", out});
  };
  for (const auto& [names, numbers] : {std::pair{"young,0", "1,0"}, {"grey, old", "0"}}) {
    const Ran sampled = sample(names, folder / "named.png");
    EXPECT_EQ(sampled.code, 0) << sampled.err;
    EXPECT_THAT(sampled.out, HasSubstr(std::string("label ") + names));
    EXPECT_EQ(read_png(folder / "named.png").size(0), 3);
    EXPECT_EQ(sample(numbers, folder / "numbered.png").code, 0);
    EXPECT_EQ(test::slurp(folder / "named.png"), test::slurp(folder / "numbered.png"));
  }
  EXPECT_THAT(sample("yong", folder / "s.png").err,
              HasSubstr("--label: expected grey, old, young or numbers, got 'yong' (did you mean young?)"));
}

TEST(GanTrainPictures, AChangedPictureIsNoticedByAResume) {
  const TemporaryFolder folder;
  ASSERT_EQ(train(faces(folder), folder / "run").code, 0);
  fs::copy_file(kFixtures / "baseline.jpg", folder / "faces/young/9.jpg");
  const Ran on = test::run("gan-train", {"--resume", folder / "run", "--steps", "5"});
  EXPECT_EQ(on.code, 2);
  EXPECT_THAT(on.err, HasSubstr("expected the 16 images of 3x32x32 that the run began with, got 17"));
}

TEST(GanTrainPictures, ADryRunSaysWhatIsThereAndShowsIt) {
  const TemporaryFolder folder;
  const Ran ran = test::run("gan-train", {"--data", faces(folder), "--image-size", "48", "--colors", "gray",
                                          "--dry-run", "--preview", folder / "seen.png", "--batch-size", "4"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("taken as 1x48x48"));
  EXPECT_EQ(read_png(folder / "seen.png").sizes(), at::IntArrayRef({1, 4 * 50 + 2, 4 * 50 + 2}));
  EXPECT_FALSE(fs::exists("runs"));
}

TEST(GanTrainPictures, ImagesOfAnotherSizeThanTheClassifiersAreJudgedByOneOfTheirOwn) {
  const TemporaryFolder folder;
  const Ran ran = train(test::mnist_tiny(), folder / "run", {"--limit", "500"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("samples are judged by " + (folder / "run/classifier.pt").string()));
}

TEST(GanTrainPictures, WhatCannotBeUsedIsRefusedInOneLine) {
  const TemporaryFolder folder;
  const fs::path data = faces(folder);
  const Ran whole = test::run("gan-train", {"--data", data, "--batch-size", "4"}, folder.path());
  EXPECT_EQ(whole.code, 2);
  EXPECT_THAT(whole.err, AllOf(HasSubstr("the data has 3x20x28"), HasSubstr("--image-size 32 resizes them")));
  expect_refusal({"--data", data, "--image-size", "0x"}, "--image-size: expected a whole number");
  expect_refusal({"--data", data, "--crop", "21"}, "--crop 21: there are pictures of 28x20 pixels");
  expect_refusal({"--data", data, "--background", "red"}, "--background: expected black, white or #rrggbb, got 'red'");
  expect_refusal({"--data", data, "--preview", "a.png"}, "--preview: only --dry-run reads it");
  test::spill(data / "young/bad.jpg", "x");
  expect_refusal({"--data", data, "--image-size", "32"},
                 "1 picture cannot be used: young/bad.jpg: a text, not a JPEG, PNG or BMP picture");
  const Ran ran = train(data, folder / "run", {"--bad-pictures", "1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto is_told = AllOf(HasSubstr("; 1 left out;"), HasSubstr("left out: young/bad.jpg"));
  EXPECT_THAT(ran.err, is_told);
  EXPECT_THAT(test::slurp(folder / "run/log.txt"), is_told);
}

}  // namespace
}  // namespace gan
