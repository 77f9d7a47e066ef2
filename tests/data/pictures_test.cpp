#include "gan/data/pictures.h"

#include "gan/base/error.h"
#include "gan/images/png.h"
#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;
using test::error_of, test::TemporaryFolder;
using testing::HasSubstr;

const fs::path kFixtures = GAN_SOURCE_DIR "/tests/fixtures/pictures";

void put(const std::string& fixture, const fs::path& to) {
  fs::create_directories(to.parent_path());
  fs::copy_file(kFixtures / fixture, to);
}

PictureSet read(const fs::path& folder, const Preparation& preparation = {}) {
  const auto files = open_folder(folder);
  return read_pictures(*files, survey_pictures(*files), preparation, PictureOrder::names);
}

TEST(Pictures, OfAnyKindBecomeImages) {
  const TemporaryFolder folder;
  put("baseline.jpg", folder / "1.jpg"), put("rgb.png", folder / "2.png"), put("24.bmp", folder / "3.BMP");
  put("gray.png", folder / "4.png"), test::spill(folder / "notes.txt", "x");
  const PictureSet set = read(folder.path());
  EXPECT_EQ(set.data.images.sizes(), at::IntArrayRef({4, 3, 20, 28}));
  EXPECT_TRUE(at::equal(set.data.images[1], set.data.images[2]));
  EXPECT_FALSE(set.data.labels.defined());
  EXPECT_TRUE(set.bad.empty());
}

TEST(Pictures, GrayOnesStayGrayUnlessColoursAreWanted) {
  const TemporaryFolder folder;
  put("gray.png", folder / "1.png"), put("gray.jpg", folder / "2.jpg"), put("gray-alpha.png", folder / "3.png");
  EXPECT_EQ(read(folder.path()).data.shape(), (ImageShape{1, 20, 28}));
  EXPECT_EQ(read(folder.path(), {.colors = Colors::rgb}).data.shape(), (ImageShape{3, 20, 28}));
  const Framing on_red{.side = 0, .crop = {}, .background = {255, 0, 0}};
  EXPECT_EQ(read(folder.path(), {.framing = on_red}).data.shape(), (ImageShape{3, 20, 28}));
}

TEST(Pictures, FoldersAreClassesInTheOrderOfTheirNames) {
  const TemporaryFolder folder;
  put("rgb.png", folder / "all/cats/1.png"), put("rgb.png", folder / "all/ants/1.png");
  put("rgb.png", folder / "all/bees/deep/2.png"), put("rgb.png", folder / "all/cats/2.png");
  const PictureSet set = read(folder.path());
  EXPECT_EQ(set.data.class_names, (std::vector<std::string>{"ants", "bees", "cats"}));
  EXPECT_TRUE(at::equal(set.data.labels, at::tensor({0, 1, 2, 2}, at::kByte)));
  EXPECT_FALSE(read(folder.path(), {.labels = LabelSource::none}).data.labels.defined());
}

TEST(Pictures, HaveNoClassesInOneFolderOrOutsideOfAny) {
  EXPECT_TRUE(folders_of({"a/1.png", "a/2.png"}).empty());
  EXPECT_TRUE(folders_of({"a/1.png", "b/2.png", "3.png"}).empty());
  EXPECT_TRUE(folders_of({"1.png"}).empty());
  EXPECT_TRUE(folders_of({}).empty());
  EXPECT_EQ(folders_of({"x/a/1.png", "x/b/2.png"}), (std::vector<std::string>{"a", "b"}));
}

TEST(Pictures, SeveralSizesNeedAnImageSize) {
  const TemporaryFolder folder;
  put("rgb.png", folder / "1.png"), put("turned-6.jpg", folder / "2.jpg"), put("turned-1.jpg", folder / "3.jpg");
  EXPECT_THAT(error_of([&] { read(folder.path()); }),
              HasSubstr("the pictures have 2 sizes, from 28x20 to 20x28 pixels"));
  const PictureSet set = read(folder.path(), {.framing = {.side = 16, .crop = {}, .background = {}}});
  EXPECT_EQ(set.data.images.sizes(), at::IntArrayRef({3, 3, 16, 16}));
}

TEST(Pictures, BadOnesAreNamedAndLeftOutIfAllowed) {
  const TemporaryFolder folder;
  put("rgb.png", folder / "good.png");
  const std::string png = test::slurp(kFixtures / "rgb.png"), jpeg = test::slurp(kFixtures / "baseline.jpg");
  test::spill(folder / "cut.png", png.substr(0, 200)), test::spill(folder / "empty.jpg", "");
  test::spill(folder / "cut.jpg", jpeg.substr(0, 700)), test::spill(folder / "text.bmp", "a text, by far");
  const std::string what = error_of([&] { read(folder.path()); });
  EXPECT_THAT(what, HasSubstr("4 pictures cannot be used: cut.jpg: truncated"));
  EXPECT_THAT(what, HasSubstr("; cut.png: truncated"));
  EXPECT_THAT(what, HasSubstr("; empty.jpg: not a JPEG, PNG or BMP picture; ..."));
  EXPECT_THAT(error_of([&] { read(folder.path(), {.bad_pictures = 3}); }), HasSubstr("4 pictures"));
  const PictureSet set = read(folder.path(), {.bad_pictures = 4});
  EXPECT_EQ(set.data.size(), 1);
  EXPECT_EQ(set.bad.size(), 4u);
}

TEST(Pictures, DamageBehindTheHeaderCountsToo) {
  const TemporaryFolder folder;
  put("rgb.png", folder / "good.png");
  std::string jpeg = test::slurp(kFixtures / "baseline.jpg");
  const size_t tables = jpeg.find("\xff\xc4");  // Huffman codes
  for (size_t i = 0; i < 16; ++i) jpeg[tables + 5 + i] = '\xff';
  test::spill(folder / "bad.jpg", jpeg);
  EXPECT_THAT(error_of([&] { read(folder.path()); }), HasSubstr("1 picture cannot be used: bad.jpg: damaged"));
  EXPECT_EQ(read(folder.path(), {.bad_pictures = 1}).data.size(), 1);
}

TEST(Pictures, ACropLargerThanAPictureIsTheFlagsFault) {
  const TemporaryFolder folder;
  put("rgb.png", folder / "1.png");
  const Framing large{.side = 16, .crop = {.kind = Crop::Kind::pixels, .pixels = 21}, .background = {}};
  EXPECT_EQ(error_of([&] { read(folder.path(), {.framing = large}); }),
            "--crop 21: there are pictures of 28x20 pixels");
}

TEST(Pictures, MoreFoldersThanLabelsCanNameAreRefused) {
  const TemporaryFolder folder;
  for (int i = 0; i < 257; ++i) put("gray.png", folder / std::to_string(i) / "a.png");
  EXPECT_THAT(error_of([&] { read(folder.path()); }), HasSubstr("257 sub-folders, more than the 256 classes"));
  EXPECT_EQ(read(folder.path(), {.labels = LabelSource::none}).data.size(), 257);
}

TEST(Pictures, NamesInMessagesKeepToTheirLine) {
  const TemporaryFolder folder;
  put("rgb.png", folder / "good.png");
  test::spill(folder / "a\nb\x1b[31m.png", "x");
  EXPECT_THAT(error_of([&] { read(folder.path()); }), HasSubstr("a?b?[31m.png: a text"));
}

TEST(Pictures, NoneAtAllAreAnError) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read(folder.path()); }), HasSubstr("no pictures (.jpg, .png, .bmp)"));
  test::spill(folder / "a.txt", "x");
  EXPECT_THAT(error_of([&] { read(folder.path()); }), HasSubstr("among 1 file"));
}

TEST(Pictures, AnArchiveGivesTheImagesOfItsFolder) {
  const TemporaryFolder folder;
  put("rgb.png", folder / "root/a/1.png"), put("baseline.jpg", folder / "root/b/2.jpg");
  const test::Ran ran = test::run("/bin/tar", {"-cf", folder / "all.tar", "-C", folder / "root", "."});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto tar = open_tar(folder / "all.tar");
  const PictureSet packed = read_pictures(*tar, survey_pictures(*tar), {}, PictureOrder::names),
                   plain = read(folder / "root");
  EXPECT_TRUE(at::equal(packed.data.images, plain.data.images));
  EXPECT_TRUE(at::equal(packed.data.labels, plain.data.labels));
}

}  // namespace
}  // namespace gan
