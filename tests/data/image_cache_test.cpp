#include "gan/data/image_cache.h"

#include "gan/base/file.h"
#include "gan/data/image_store.h"
#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;
using test::error_of, test::TemporaryFolder;

const fs::path kFixtures = GAN_SOURCE_DIR "/tests/fixtures/pictures";

/// Twelve pictures of two classes.
fs::path pets(const TemporaryFolder& folder) {
  for (const auto& [kind, picture] : {std::pair{"cats", "rgb.png"}, {"dogs", "baseline.jpg"}}) {
    fs::create_directories(folder / "pets" / kind);
    for (int i = 0; i < 6; ++i) {
      fs::copy_file(kFixtures / picture,
                    folder / "pets" / kind / (std::to_string(i) + fs::path(picture).extension().string()));
    }
  }
  return folder / "pets";
}

/// What loading says, and the data.
struct Loaded {
  Dataset data;
  std::vector<std::string> notes;
  bool from_cache() const { return !notes.empty() && notes.front().find(", from ") != std::string::npos; }
};

Loaded load(const fs::path& data, const fs::path& cache, const Preparation& preparation = {}) {
  Loaded loaded;
  loaded.data = load_dataset(data, Split::train, Labels::read, preparation,
                             {.cache = cache,
                              .cache_all = true,
                              .check = {},
                              .note = [&](const std::string& note) { loaded.notes.push_back(note); },
                              .tell = {}});
  return loaded;
}

void expect_same(const Dataset& a, const Dataset& b) {
  EXPECT_TRUE(at::equal(a.images, b.images));
  EXPECT_TRUE(at::equal(a.labels, b.labels));
  EXPECT_EQ(a.crc32(), b.crc32());
  EXPECT_EQ(a.class_names, b.class_names);
}

TEST(ImageCache, GivesTheSameImagesAsDecodingThem) {
  const TemporaryFolder folder;
  const fs::path data = pets(folder), cache = folder / "new/cache";
  const Dataset decoded = load_dataset(data);
  const Loaded first = load(data, cache), second = load(data, cache);
  EXPECT_FALSE(first.from_cache());
  EXPECT_TRUE(second.from_cache()) << second.notes.front();
  expect_same(first.data, decoded), expect_same(second.data, decoded);
  EXPECT_EQ(test::names_in(cache).size(), 2U);
}

TEST(ImageCache, AChangedFileOrPreparationIsDecodedAgain) {
  const TemporaryFolder folder;
  const fs::path data = pets(folder), cache = folder / "cache";
  load(data, cache);
  EXPECT_FALSE(load(data, cache, {.framing = {.side = 16, .crop = {}, .background = {}}}).from_cache());
  EXPECT_FALSE(load(data, cache, {.colors = Colors::gray}).from_cache());
  EXPECT_FALSE(load(data, cache, {.labels = LabelSource::none}).from_cache());
  EXPECT_FALSE(load(data, cache, {.transpose = true}).from_cache());
  EXPECT_TRUE(load(data, cache).from_cache());
  const fs::path one = data / "cats/3.png";
  fs::last_write_time(one, fs::last_write_time(one) + std::chrono::seconds(1));
  EXPECT_FALSE(load(data, cache).from_cache());
  fs::rename(one, data / "cats/7.png");
  EXPECT_FALSE(load(data, cache).from_cache());
  EXPECT_EQ(test::names_in(cache).size(), 10U) << "entries that are out of date are left";
}

TEST(ImageCache, ADamagedEntryIsMadeAgain) {
  const TemporaryFolder folder;
  const fs::path data = pets(folder), cache = folder / "cache";
  const Dataset decoded = load(data, cache).data.to(at::kCPU);
  for (const fs::directory_entry& entry : fs::directory_iterator(cache)) {
    const std::string whole = test::slurp(entry.path());
    for (const size_t size : {size_t{0}, whole.size() / 2, whole.size() - 1}) {
      fs::remove(entry.path());  // whoever has it mapped keeps it
      test::spill(entry.path(), whole.substr(0, size));
      const Loaded again = load(data, cache);
      EXPECT_FALSE(again.from_cache()) << entry.path() << " of " << size << " bytes";
      expect_same(again.data, load_dataset(data));
      EXPECT_TRUE(load(data, cache).from_cache());
    }
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(cache)) {
    if (entry.path().extension() != ".npy") continue;
    std::string changed = test::slurp(entry.path());
    changed.back() = static_cast<char>(~changed.back());
    fs::remove(entry.path());
    test::spill(entry.path(), changed);
  }
  EXPECT_FALSE(load(data, cache).from_cache()) << "a changed pixel is not noticed";
}

TEST(ImageCache, ThatCannotBeWrittenIsDoneWithoutUnlessItWasAskedFor) {
  const TemporaryFolder folder;
  const fs::path data = pets(folder);
  test::spill(folder / "file", "");
  const auto load_with = [&](bool asked) {
    return load_dataset(data, Split::train, Labels::read, {},
                        {.cache = folder / "file", .cache_all = asked, .check = {}, .note = {}, .tell = {}});
  };
  EXPECT_EQ(load_with(false).size(), 12);
  EXPECT_THROW(load_with(true), Error);
  EXPECT_THAT(test::error_of([&] { ImageStore({12, 3, 20, 28}, folder / "file/a.npy"); }), testing::HasSubstr("file"));
}

TEST(ImageCache, NothingIsLeftOfPicturesThatAreRefused) {
  const TemporaryFolder folder;
  const fs::path data = pets(folder), cache = folder / "cache";
  const std::string whole = test::slurp(data / "dogs/1.jpg");
  test::spill(data / "dogs/1.jpg", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(error_of([&] { load(data, cache); }), testing::HasSubstr("1 picture cannot be used"));
  EXPECT_TRUE(!fs::exists(cache) || test::names_in(cache).empty());
  const Loaded without = load(data, cache, {.bad_pictures = 1});
  EXPECT_EQ(without.data.size(), 11);
  const Loaded again = load(data, cache, {.bad_pictures = 1});
  EXPECT_TRUE(again.from_cache());
  EXPECT_EQ(again.notes.size(), 2U) << "the picture left out is named again";
  expect_same(again.data, without.data);
}

TEST(ImageCache, ARefusedShapeIsToldBeforeAnythingIsWritten) {
  const TemporaryFolder folder;
  const auto refuse = [](DataShape shape, int64_t count) {
    throw Error(to_text(shape.images) + ", " + std::to_string(shape.classes) + " classes, " + std::to_string(count));
  };
  const Loading loading{.cache = folder / "cache", .cache_all = true, .check = refuse, .note = {}, .tell = {}};
  EXPECT_THAT(error_of([&] { load_dataset(pets(folder), Split::train, Labels::read, {}, loading); }),
              testing::HasSubstr("3x20x28, 2 classes, 12"));
  EXPECT_FALSE(fs::exists(folder / "cache/x")) << "an entry";
}

}  // namespace
}  // namespace gan
