#include "gan/data/image_files.h"

#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/png.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::TemporaryFolder;
using testing::HasSubstr;

const at::Tensor kImages = at::arange(2 * 5 * 4, at::kByte).view({2, 1, 5, 4});

TEST(ImageFiles, GiveTheSameImagesInEachFormat) {
  const TemporaryFolder folder;
  write_idx(folder / "a.idx", kImages);
  write_idx(folder / "a.idx.gz", kImages);
  write_npy(folder / "a.npy", kImages);
  write_npy(folder / "flat.npy", kImages.squeeze(1));
  write_npy(folder / "last.npy", kImages.permute({0, 2, 3, 1}).contiguous());
  std::filesystem::create_directory(folder / "pictures");
  write_png(folder / "pictures/seed-0.png", kImages[0]);
  write_png(folder / "pictures/seed-1.png", kImages[1]);
  test::spill(folder / "pictures/notes.txt", "not a picture");
  for (const char* name : {"a.idx", "a.idx.gz", "a.npy", "flat.npy", "last.npy", "pictures"}) {
    EXPECT_TRUE(at::equal(read_images(folder / name), kImages)) << name;
  }
}

TEST(ImageFiles, IgnoreHiddenFilesAndReportSkippedOnes) {
  const TemporaryFolder folder;
  write_png(folder / "0.png", kImages[0]);
  write_png(folder / "1.PNG", kImages[1]);
  test::spill(folder / "._0.png", "what macOS writes beside a file");
  test::spill(folder / ".DS_Store", "");
  std::string told;
  const TakeNote note = [&](const std::string& text) { told += text; };
  EXPECT_TRUE(at::equal(read_images(folder.path(), note), kImages));
  EXPECT_EQ(told, "");
  for (const char* name : {"0.txt", "1.gif"}) test::spill(folder / name, "");
  std::filesystem::create_directory(folder / "more.png");
  EXPECT_TRUE(at::equal(read_images(folder.path(), note), kImages));
  EXPECT_EQ(told, folder.path().string() + ": skipped 2 files that are not .jpg, .png or .bmp");
}

TEST(ImageFiles, GrayPicturesAmongColouredOnesGetThreeChannels) {
  const TemporaryFolder folder;
  const at::Tensor coloured = at::randint(256, {3, 5, 4}, at::kByte);
  write_png(folder / "0.png", kImages[0]);
  write_png(folder / "1.png", coloured);
  EXPECT_TRUE(at::equal(read_images(folder.path()), at::stack({kImages[0].expand({3, 5, 4}), coloured})));
}

TEST(ImageFiles, OnePictureIsOneImage) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", kImages[1]);
  EXPECT_TRUE(at::equal(read_images(folder / "a.png"), kImages.narrow(0, 1, 1)));
}

TEST(ImageFiles, PicturesAreReadAsTheRunOfAModelReadThem) {
  const TemporaryFolder folder;
  const std::filesystem::path fixtures = GAN_SOURCE_DIR "/tests/fixtures/pictures";
  for (const char* name : {"baseline.jpg", "alpha.png", "24.bmp"}) {
    std::filesystem::copy_file(fixtures / name, folder / name);
  }
  const Preparation preparation{.framing = {.side = 16, .crop = {}, .background = {255, 255, 255}},
                                .colors = Colors::gray};
  const at::Tensor images = read_images(folder.path(), {}, preparation);
  EXPECT_EQ(images.sizes(), at::IntArrayRef({3, 1, 16, 16}));
  const at::Tensor first = read_images(folder / "24.bmp", {}, preparation);
  EXPECT_TRUE(at::equal(images[0], first[0])) << "they are not in the order of their names";
  EXPECT_EQ(read_images(test::mnist_tiny() / "t10k-images-idx3-ubyte.gz", {}, preparation).size(3), 16);
  EXPECT_THAT(error_of([&] { read_images(folder.path()); }), HasSubstr("1 picture has transparent pixels"));
  const Preparation of_faces{.framing = {.side = 5, .crop = {Crop::Kind::pixels, 108}, .background = {}}};
  write_npy(folder / "samples.npy", at::ones({2, 1, 5, 5}, at::kByte));
  EXPECT_TRUE(at::equal(read_images(folder / "samples.npy", {}, of_faces), at::ones({2, 1, 5, 5}, at::kByte)));
}

TEST(ImageFiles, RefuseOtherFiles) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_images(folder.path()); }), HasSubstr("no pictures (.jpg, .png, .bmp)"));
  EXPECT_THAT(error_of([&] { read_images(folder / "none.idx"); }), HasSubstr("none.idx"));
  EXPECT_THAT(error_of([&] { read_images(folder / "none.npy"); }), HasSubstr("none.npy: no such file"));
  write_npy(folder / "labels.npy", at::zeros({5}, at::kByte));
  EXPECT_THAT(error_of([&] { read_images(folder / "labels.npy"); }), HasSubstr("these look like labels"));
  write_npy(folder / "empty.npy", at::zeros({0, 28, 28}, at::kByte));
  EXPECT_THAT(error_of([&] { read_images(folder / "empty.npy"); }), HasSubstr("the file holds no images"));
  write_png(folder / "a.png", at::zeros({1, 3, 4}, at::kByte));
  write_png(folder / "b.png", at::zeros({1, 4, 3}, at::kByte));
  EXPECT_THAT(error_of([&] { read_images(folder.path()); }),
              HasSubstr("expected pictures of one size, got 4x3 to 3x4 pixels"));
}

}  // namespace
}  // namespace gan
