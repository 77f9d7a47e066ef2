#include "gan/data/dataset.h"

#include <zlib.h>

#include "gan/base/zip.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::mnist_tiny;
using test::spill;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

at::Tensor images(int64_t count, int value) {
  return at::full({count, 1, 2, 2}, value, at::kByte);
}
at::Tensor labels(int64_t count) {
  return at::arange(count, at::kByte);
}

TEST(Dataset, FindsTheDigitsInTheRepository) {
  const Dataset train = load_dataset(mnist_tiny()), test = load_dataset(mnist_tiny(), Split::test);
  EXPECT_EQ(train.images.sizes(), (std::vector<int64_t>{1000, 1, 28, 28}));
  EXPECT_EQ(test.images.sizes(), (std::vector<int64_t>{200, 1, 28, 28}));
  EXPECT_TRUE(at::equal(at::bincount(train.labels), at::full({10}, 100, at::kLong)));
  EXPECT_TRUE(at::equal(at::bincount(test.labels), at::full({10}, 20, at::kLong)));
  // White digits on black: the border is dark, and ones have the least ink.
  EXPECT_EQ(train.images.select(2, 0).max().item<int>(), 0);
  const at::Tensor ink = train.images.to(at::kFloat).mean({1, 2, 3});
  EXPECT_LT(ink.index({train.labels.eq(1)}).mean().item<float>(), ink.index({train.labels.eq(0)}).mean().item<float>());
}

TEST(Dataset, FindsFilesByAllTheirNames) {
  for (const std::string middle :
       {"-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx4-ubyte", "-images.idx4-ubyte"}) {
    for (const std::string packed : {"", ".gz"}) {
      const TemporaryFolder folder;
      write_idx(folder / ("train" + middle + packed), images(3, 1));
      write_idx(folder / ("t10k" + middle + packed), images(2, 2));
      EXPECT_TRUE(at::equal(load_dataset(folder.path()).images, images(3, 1))) << middle << packed;
      EXPECT_TRUE(at::equal(load_dataset(folder.path(), Split::test).images, images(2, 2))) << middle << packed;
    }
  }
}

TEST(Dataset, FindsLabelsByBothNames) {
  for (const std::string name : {"train-labels-idx1-ubyte", "train-labels.idx1-ubyte.gz"}) {
    const TemporaryFolder folder;
    write_idx(folder / "train-images-idx3-ubyte", images(3, 1));
    write_idx(folder / name, labels(3));
    EXPECT_TRUE(at::equal(load_dataset(folder.path()).labels, labels(3))) << name;
  }
}

TEST(Dataset, FindsAFileInAFolderOfItsName) {
  for (const std::string separator : {"-", "."}) {
    for (const std::string packed : {"", ".gz"}) {
      const TemporaryFolder folder;
      const std::string pictures = "train-images" + separator + "idx3-ubyte";
      const std::string classes = "train-labels" + separator + "idx1-ubyte";
      fs::create_directory(folder / pictures);
      fs::create_directory(folder / classes);
      write_idx(folder / pictures / (pictures + packed), images(3, 1));
      write_idx(folder / classes / (classes + packed), labels(3));
      const Dataset found = load_dataset(folder.path());
      EXPECT_TRUE(at::equal(found.images, images(3, 1))) << pictures << packed;
      EXPECT_TRUE(at::equal(found.labels, labels(3))) << pictures << packed;
    }
  }
}

TEST(Dataset, AnEmptyFolderOfTheSameNameDoesNotHideAFile) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "train-images-idx3-ubyte");
  write_idx(folder / "train-images.idx3-ubyte", images(3, 1));
  EXPECT_TRUE(at::equal(load_dataset(folder.path()).images, images(3, 1)));
}

TEST(Dataset, RefusesLabelsInTwoDimensions) {
  const TemporaryFolder folder;
  write_idx(folder / "train-images-idx3-ubyte", images(3, 1));
  write_idx(folder / "train-labels-idx1-ubyte", labels(3).view({3, 1}));
  EXPECT_EQ(error_of([&] { load_dataset(folder.path()); }),
            (folder / "train-labels-idx1-ubyte").string() + ": expected labels in one dimension, got 2 dimensions");
}

TEST(Dataset, DamagedLabelsDoNoHarmUnlessTheyAreRead) {
  const TemporaryFolder folder;
  write_idx(folder / "train-images-idx3-ubyte", images(3, 1));
  spill(folder / "train-labels-idx1-ubyte", "no labels");
  EXPECT_THROW(load_dataset(folder.path()), Error);
  EXPECT_TRUE(at::equal(load_dataset(folder.path(), Split::train, Labels::skip).images, images(3, 1)));
  EXPECT_EQ(load_dataset("stacked-mnist:" + folder.path().string()).images.size(1), 3);
}

TEST(Dataset, HasNoLabelsWithoutTheirFile) {
  const TemporaryFolder folder;
  write_idx(folder / "train-images-idx3-ubyte", images(3, 1));
  EXPECT_FALSE(load_dataset(folder.path()).labels.defined());
}

TEST(Dataset, ReadsOneFileOfImages) {
  const Dataset dataset = load_dataset(mnist_tiny() / "t10k-images-idx3-ubyte.gz");
  EXPECT_EQ(dataset.size(), 200);
  EXPECT_FALSE(dataset.labels.defined());
}

TEST(Dataset, SaysHowToGetMissingData) {
  EXPECT_THAT(error_of([] { load_dataset("no/such/folder"); }),
              AllOf(HasSubstr("--data: no/such/folder: no such folder or file"), HasSubstr("scripts/fetch_data.sh"),
                    HasSubstr("data/mnist-tiny")));
}

TEST(Dataset, SaysWhichFileAFolderLacks) {
  const TemporaryFolder folder;
  write_idx(folder / "train-images-idx3-ubyte", images(3, 1));
  EXPECT_THAT(error_of([&] { load_dataset(folder.path(), Split::test); }),
              AllOf(HasSubstr(folder.path().string()), HasSubstr("no t10k-images-idx3-ubyte"),
                    HasSubstr("scripts/fetch_data.sh"), HasSubstr("data/mnist-tiny")));
}

TEST(Dataset, NamesOtherContentWithoutAHintAboutMnist) {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& name) { return error_of([&] { load_dataset(folder / name); }); };
  for (const char* name : {"celeba.npz", "faces.zip"}) {
    spill(folder / name, "PK\x03\x04 and so on");
    EXPECT_EQ(refusal(name), (folder / name).string() + ": not a zip archive, or a truncated one");
  }
  spill(folder / "faces.rar", "Rar! and so on");
  EXPECT_EQ(refusal("faces.rar"),
            (folder / "faces.rar").string() + ": a rar archive, not an IDX file (unpack it first)");
  fs::create_directories(folder / "faces/smiling");
  for (const char* name : {"faces/0.gif", "faces/1.gif", "faces/._1.gif"}) spill(folder / name, "GIF89a");
  EXPECT_EQ(
      refusal("faces"),
      "--data: " + (folder / "faces").string() +
          ": neither pictures (.jpg, .png, .bmp) nor train-images-idx3-ubyte (or .gz) in this folder, which holds "
          "2 .gif, 1 folder (" +
          kWhatIsRead + ")");
  fs::create_directories(folder / "nothing");
  EXPECT_THAT(refusal("nothing"), HasSubstr((folder / "nothing").string() + ": an empty folder (name a folder of"));
  spill(folder / "faces/smiling/2.png", "\x89PNG");
  EXPECT_EQ(refusal("faces"), "--data: " + (folder / "faces").string() +
                                  ": 1 picture cannot be used: smiling/2.png: a text, not a JPEG, PNG or BMP picture "
                                  "(--bad-pictures 1 leaves them out)");
}

/// The bytes of an array's file.
std::string npy(const TemporaryFolder& folder, const at::Tensor& array) {
  write_npy(folder / "array.npy", array);
  return test::slurp(folder / "array.npy");
}

TEST(Dataset, ReadsArraysOfNumPy) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", images(3, 1).squeeze(1));
  EXPECT_TRUE(at::equal(load_dataset(folder / "a.npy").images, images(3, 1)));
  const std::string three = npy(folder, images(3, 1).squeeze(1)), two = npy(folder, images(2, 2).squeeze(1)),
                    of_three = npy(folder, labels(3));
  const std::string whole = pack_zip({{"x_train.npy", three}, {"y_train.npy", of_three}, {"x_test.npy", two}});
  spill(folder / "b.npz", whole);
  const Dataset train = load_dataset(folder / "b.npz"), held_out = load_dataset(folder / "b.npz", Split::test);
  EXPECT_TRUE(at::equal(train.images, images(3, 1)));
  EXPECT_TRUE(at::equal(train.labels, labels(3)));
  EXPECT_TRUE(at::equal(held_out.images, images(2, 2)));
  EXPECT_FALSE(held_out.labels.defined());
  EXPECT_FALSE(load_dataset(folder / "b.npz", Split::train, Labels::skip).labels.defined());
}

TEST(Dataset, SaysWhatAnArchiveOfArraysLacks) {
  const TemporaryFolder folder;
  const std::string three = npy(folder, images(3, 1)), of_two = npy(folder, labels(2)),
                    numbers = npy(folder, at::rand({3, 2, 2}));
  const auto refusal = [&](const std::vector<ZipEntry>& entries, Split split = Split::train) {
    spill(folder / "a.npz", pack_zip(entries));
    return error_of([&] { load_dataset(folder / "a.npz", split); });
  };
  EXPECT_THAT(refusal({{"digits.npy", three}}), HasSubstr("no array of training images, but digits (name it x_train"));
  EXPECT_THAT(refusal({{"images.npy", three}}, Split::test), HasSubstr("no array of test images, but images"));
  EXPECT_THAT(refusal({{"images.npy", three}, {"labels.npy", of_two}}), HasSubstr("labels.npy: 2 labels for 3 images"));
  EXPECT_THAT(refusal({{"images.npy", numbers}}), HasSubstr("images.npy: expected bytes, '|u1', got '<f4'"));
  EXPECT_THAT(refusal({{"images.npy", three}, {"labels.npy", numbers}}),
              HasSubstr("labels.npy: expected whole numbers"));
  EXPECT_THAT(refusal({{"images.npy", three.substr(0, three.size() - 1)}}), HasSubstr("images.npy: its header says"));
}

TEST(Dataset, ReadsCifarsBinaryFiles) {
  const TemporaryFolder folder;
  const auto record = [](int label) {
    return std::string(1, static_cast<char>(label)) + std::string(3072, static_cast<char>(10 * label));
  };
  spill(folder / "data_batch_1.bin", record(1) + record(2)), spill(folder / "data_batch_3.bin", record(3));
  spill(folder / "test_batch.bin", record(9));
  const Dataset train = load_dataset(folder.path());
  EXPECT_EQ(train.images.sizes(), at::IntArrayRef({3, 3, 32, 32}));
  EXPECT_TRUE(at::equal(train.labels, at::tensor({1, 2, 3}, at::kByte)));
  EXPECT_EQ(train.images[2].min().item<int>(), 30);
  EXPECT_EQ(load_dataset(folder.path(), Split::test).labels.item<int>(), 9);
  EXPECT_EQ(load_dataset(folder / "test_batch.bin").size(), 1);
  spill(folder / "data_batch_1.bin", record(1) + "x");
  EXPECT_THAT(error_of([&] { load_dataset(folder.path()); }), HasSubstr("expected records of 3073 bytes"));
}

TEST(Dataset, ReadsAFolderOfPicturesWithTheirClasses) {
  const TemporaryFolder folder;
  for (const char* name : {"cats", "dogs"}) {
    fs::create_directories(folder / name);
    fs::copy_file(GAN_SOURCE_DIR "/tests/fixtures/pictures/rgb.png", folder / name / "1.png");
  }
  spill(folder / "dogs/notes.txt", "x");
  std::vector<std::string> notes;
  Loading loading;
  loading.note = [&](const std::string& note) { notes.push_back(note); };
  const Dataset data = load_dataset(folder.path(), Split::train, Labels::read, {}, loading);
  EXPECT_EQ(data.shape(), (ImageShape{3, 20, 28}));
  EXPECT_TRUE(at::equal(std::get<0>(data.labels.sort()), at::tensor({0, 1}, at::kByte)));
  EXPECT_THAT(notes, testing::ElementsAre(folder.path().string() +
                                          ": 2 pictures of 28x20 pixels, with colours, in 2 classes: cats, dogs; 1 "
                                          "other file; taken as 3x20x28"));
  EXPECT_THAT(error_of([&] { load_dataset(folder.path(), Split::test); }), HasSubstr("pictures have no test images"));
}

TEST(Dataset, ArraysAreFramedAndColouredAsAsked) {
  const auto load = [](const Preparation& preparation) {
    return load_dataset(mnist_tiny(), Split::train, Labels::skip, preparation).images;
  };
  EXPECT_EQ(load({.framing = {.side = 16, .crop = {}, .background = {}}}).sizes(), at::IntArrayRef({1000, 1, 16, 16}));
  EXPECT_EQ(
      load({.framing = {.side = 0, .crop = {.kind = Crop::Kind::pixels, .pixels = 20}, .background = {}}}).sizes(),
      at::IntArrayRef({1000, 1, 20, 20}));
  EXPECT_EQ(load({.colors = Colors::rgb}).sizes(), at::IntArrayRef({1000, 3, 28, 28}));
}

TEST(Dataset, LabelsCanBeLeftOut) {
  EXPECT_FALSE(load_dataset(mnist_tiny(), Split::train, Labels::read, {.labels = LabelSource::none}).labels.defined());
}

TEST(Dataset, RefusesAnArrayWithoutImages) {
  const TemporaryFolder folder;
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{0, 28, 28}, {3, 0, 28}}) {
    write_npy(folder / "a.npy", at::zeros(sizes, at::kByte));
    EXPECT_EQ(error_of([&] { load_dataset(folder / "a.npy"); }),
              (folder / "a.npy").string() + ": the file holds no images");
  }
}

TEST(Dataset, SuggestsASubfolderThatHasTheData) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "digits");
  write_idx(folder / "digits/train-images-idx3-ubyte", images(3, 1));
  EXPECT_THAT(error_of([&] { load_dataset(folder.path()); }),
              HasSubstr("in this folder (--data " + (folder / "digits").string() + " has it)"));
}

TEST(Dataset, TransposesImages) {
  const TemporaryFolder folder;
  const at::Tensor images = at::arange(2 * 3 * 4, at::kByte).view({2, 1, 3, 4});
  write_idx(folder / "train-images-idx3-ubyte", images);
  for (const fs::path& path : {folder.path(), folder / "train-images-idx3-ubyte"}) {
    const Dataset turned = load_dataset(path, Split::train, Labels::read, {.transpose = true});
    EXPECT_EQ(turned.shape(), (ImageShape{1, 4, 3}));
    EXPECT_EQ(turned.images[1][0][3][2].item<int>(), images[1][0][2][3].item<int>());
    EXPECT_EQ(turned.crc32(), load_dataset(path, Split::train, Labels::skip, {.transpose = true}).crc32());
  }
  const std::string stacked = "stacked-mnist:" + folder.path().string();
  EXPECT_EQ(load_dataset(stacked, Split::train, Labels::skip, {.transpose = true}).shape(), (ImageShape{3, 4, 3}));
}

TEST(Dataset, ResolvesARelativePath) {
  EXPECT_EQ(data_from("/a", "data/mnist"), "/a/data/mnist");
  EXPECT_EQ(data_from("/a", "/data/mnist"), "/data/mnist");
  EXPECT_EQ(data_from("/a", "stacked-mnist:data/mnist"), "stacked-mnist:/a/data/mnist");
  EXPECT_EQ(data_from("", "data/mnist"), "data/mnist");
  EXPECT_TRUE(has_data("stacked-mnist:" + mnist_tiny().string()));
  EXPECT_FALSE(has_data("stacked-mnist:nowhere"));
}

TEST(Dataset, RefusesMoreOrFewerLabelsThanImages) {
  const TemporaryFolder folder;
  write_idx(folder / "train-images-idx3-ubyte", images(3, 1));
  write_idx(folder / "train-labels-idx1-ubyte", labels(4));
  EXPECT_EQ(error_of([&] { load_dataset(folder.path()); }),
            (folder / "train-labels-idx1-ubyte").string() + ": 4 labels for the 3 images of train-images-idx3-ubyte");
  write_idx(folder / "train-labels-idx1-ubyte", labels(3).view({3, 1}));
  EXPECT_THAT(error_of([&] { load_dataset(folder.path()); }), HasSubstr("train-labels-idx1-ubyte"));
}

TEST(Dataset, RefusesLabelsAsImages) {
  EXPECT_THAT(error_of([] { load_dataset(mnist_tiny() / "t10k-labels-idx1-ubyte.gz"); }),
              HasSubstr("these look like labels"));
}

TEST(Dataset, NamesADanglingLink) {
  const TemporaryFolder folder;
  fs::create_symlink("train-images-idx3-ubyte", folder / "train-images-idx3-ubyte");
  EXPECT_EQ(error_of([&] { load_dataset(folder.path()); }),
            (folder / "train-images-idx3-ubyte").string() + ": cannot open: Too many levels of symbolic links");
  EXPECT_EQ(
      error_of([&] { load_dataset(folder / "train-images-idx3-ubyte"); }),
      "--data: " + (folder / "train-images-idx3-ubyte").string() + ": cannot open: Too many levels of symbolic links");
}

TEST(Dataset, HasSizeAndShape) {
  const Dataset dataset{at::zeros({5, 3, 16, 8}, at::kByte), {}};
  EXPECT_EQ(dataset.size(), 5);
  EXPECT_EQ(dataset.shape(), (ImageShape{.channels = 3, .height = 16, .width = 8}));
  EXPECT_EQ(to_text(dataset.shape()), "3x16x8");
}

TEST(Dataset, TakesItsFirstImagesWithTheirLabels) {
  const Dataset dataset{at::arange(20, at::kByte).view({5, 1, 2, 2}), labels(5)};
  const Dataset first = dataset.first(2);
  EXPECT_TRUE(at::equal(first.images, dataset.images.slice(0, 0, 2)));
  EXPECT_TRUE(at::equal(first.labels, labels(2)));
  EXPECT_FALSE((Dataset{dataset.images, {}}).first(2).labels.defined());
}

TEST(Dataset, MovesToADeviceWithAndWithoutLabels) {
  const Dataset dataset{images(3, 1), labels(3)};
  EXPECT_TRUE(at::equal(dataset.to(at::kCPU).labels, labels(3)));
  EXPECT_FALSE((Dataset{images(3, 1), {}}).to(at::kCPU).labels.defined());
}

TEST(Dataset, HasTheStandardChecksum) {
  const at::Tensor digits = at::arange('1', '9' + 1, at::kByte).view({1, 1, 3, 3});
  EXPECT_EQ((Dataset{digits, {}}).crc32(), 0xcbf43926u);  // the usual check value of CRC-32, for "123456789"
}

TEST(Dataset, ChecksumDoesNotDependOnTheMemoryLayout) {
  const at::Tensor all = at::arange(24, at::kByte).view({6, 1, 2, 2}), odd = all.slice(0, 1, 6, 2);
  const at::Tensor copy = odd.contiguous();
  const auto expected = ::crc32(0, copy.const_data_ptr<uint8_t>(), static_cast<uInt>(copy.numel()));
  EXPECT_EQ((Dataset{odd, {}}).crc32(), expected);
  EXPECT_NE((Dataset{odd, labels(3)}).crc32(), expected);
  EXPECT_NE((Dataset{odd, labels(3)}).crc32(), (Dataset{odd, at::zeros(3, at::kByte)}).crc32());
  EXPECT_NE((Dataset{odd, {}}).first(2).crc32(), expected);
}

TEST(Dataset, ChecksumIsTheSameGzippedOrNot) {
  const Dataset digits = load_dataset(mnist_tiny(), Split::train, Labels::skip);
  const TemporaryFolder folder;
  write_idx(folder / "train-images-idx3-ubyte", digits.images);
  EXPECT_EQ(load_dataset(folder.path()).crc32(), digits.crc32());
  EXPECT_NE(load_dataset(mnist_tiny(), Split::test, Labels::skip).crc32(), digits.crc32());
}

TEST(Dataset, HasAsManyClassesAsItsLargestLabelSays) {
  EXPECT_EQ(load_dataset(mnist_tiny()).classes(), 10);
  EXPECT_EQ((Dataset{images(3, 1), {}}).classes(), 0);
}

}  // namespace
}  // namespace gan
