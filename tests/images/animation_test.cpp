#include "gan/images/animation.h"

#include <zlib.h>

#include "gan/images/png.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::TemporaryFolder;

/// The content of a file.
struct Animation {
  int64_t plays = -1;              ///< 0: for ever
  std::vector<double> seconds;     ///< of each frame
  std::vector<at::Tensor> frames;  ///< uint8 [C, H, W]
  int clear_codes = 0;             ///< of a GIF's frames
};

/// Takes a file apart from its beginning.
class Bytes {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  bool empty() const { return at_ == bytes_.size(); }
  std::string take(size_t size) {
    if (size > bytes_.size() - at_) throw std::runtime_error("the file is too short");
    return bytes_.substr((at_ += size) - size, size);
  }
  std::string rest() { return take(bytes_.size() - at_); }
  int64_t little_endian(size_t size) {
    const std::string bytes = take(size);
    return number({bytes.rbegin(), bytes.rend()});
  }
  int64_t big_endian(size_t size) { return number(take(size)); }

 private:
  static int64_t number(const std::string& bytes) {
    int64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

  std::string bytes_;
  size_t at_ = 0;
};

/// Pixels in the order of a file, as [C, H, W].
at::Tensor picture_of(const std::string& pixels, int64_t channels, int64_t height, int64_t width) {
  const at::Tensor bytes = at::empty({height, width, channels}, at::kByte);
  EXPECT_EQ(pixels.size(), bytes.nbytes());
  pixels.copy(static_cast<char*>(bytes.data_ptr()), bytes.nbytes());
  return bytes.permute({2, 0, 1}).contiguous();
}

/// Undoes the LZW compression of a GIF with eight bits a pixel. Expects the codes to end with the last byte.
std::string decompress_lzw(const std::string& packed, int& clear_codes) {
  constexpr size_t kClear = 256, kEnd = 257, kFirst = 258;
  std::vector<std::string> strings;
  std::string pixels, last;
  size_t at = 0, width = 9;  // in bits
  for (;;) {
    if (at + width > 8 * packed.size()) throw std::runtime_error("LZW codes without an end");
    size_t code = 0;
    for (size_t i = 0; i < width; ++i, ++at) code |= size_t{packed[at / 8] >> (at % 8) & 1u} << i;
    if (code == kEnd) break;
    if (code == kClear) {
      ++clear_codes;
      strings.assign(kFirst, "");
      for (size_t i = 0; i < kClear; ++i) strings[i] = static_cast<char>(i);
      last.clear();
      width = 9;
      continue;
    }
    const bool is_next = code == strings.size() && !last.empty();
    if (code >= strings.size() && !is_next) throw std::runtime_error("an LZW code that is not known yet");
    const std::string string = is_next ? last + last[0] : strings[code];
    if (!last.empty() && strings.size() < 4096) strings.push_back(last + string[0]);
    if (strings.size() == size_t{1} << width && width < 12) ++width;
    pixels += string;
    last = string;
  }
  EXPECT_EQ((at + 7) / 8, packed.size());
  return pixels;
}

std::string data_sub_blocks(Bytes& file) {
  std::string data;
  while (const int64_t size = file.big_endian(1)) data += file.take(size);
  return data;
}

/// Reads a GIF whose frames fill the screen and share one table of 256 colours. They get three channels.
Animation read_gif(const std::filesystem::path& path) {
  Bytes file(test::slurp(path));
  Animation animation;
  EXPECT_EQ(file.take(6), "GIF89a");
  const int64_t width = file.little_endian(2), height = file.little_endian(2);
  EXPECT_EQ(file.big_endian(3), 0xf70000) << "a global table of 256 colours";
  const std::string table = file.take(3 * 256);
  for (;;) {
    const int64_t introducer = file.big_endian(1);
    if (introducer == 0x3b) break;
    if (introducer == 0x21 && file.big_endian(1) == 0xff) {
      EXPECT_EQ(file.take(1 + 11), "\x0bNETSCAPE2.0");
      EXPECT_EQ(file.big_endian(2), 0x0301);
      animation.plays = file.little_endian(2);
      EXPECT_EQ(file.big_endian(1), 0);
    } else if (introducer == 0x21) {
      EXPECT_EQ(file.big_endian(2), 0x0400) << "not transparent";
      animation.seconds.push_back(static_cast<double>(file.little_endian(2)) / 100);
      EXPECT_EQ(file.big_endian(2), 0);
    } else {
      EXPECT_EQ(introducer, 0x2c);
      EXPECT_EQ(file.big_endian(4), 0) << "left and top";
      EXPECT_EQ(file.little_endian(2), width);
      EXPECT_EQ(file.little_endian(2), height);
      EXPECT_EQ(file.big_endian(2), 0x0008) << "eight bits a pixel";
      std::string pixels;
      for (const unsigned char index : decompress_lzw(data_sub_blocks(file), animation.clear_codes)) {
        pixels += table.substr(3 * index, 3);
      }
      animation.frames.push_back(picture_of(pixels, 3, height, width));
    }
  }
  EXPECT_TRUE(file.empty());
  return animation;
}

/// Undoes deflate, and the filters that need no pixel but the one to the left or above.
at::Tensor decompress_png(const std::string& packed, int64_t channels, int64_t height, int64_t width) {
  const size_t row = static_cast<size_t>(width * channels), pixel = static_cast<size_t>(channels);
  std::string lines(static_cast<size_t>(height) * (1 + row), '\0'), pixels;
  uLongf size = lines.size();
  const auto* from = reinterpret_cast<const Bytef*>(packed.data());
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(lines.data()), &size, from, packed.size()), Z_OK);
  EXPECT_EQ(size, lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t x = i % (1 + row);
    const int filter = lines[i - x];
    EXPECT_THAT(filter, testing::AllOf(testing::Ge(0), testing::Le(2)));
    if (x == 0) continue;
    const size_t back = filter == 0 ? 0 : filter == 1 ? pixel : row;
    const bool has_neighbour = filter == 1 ? x > pixel : filter == 2 && i > row;
    pixels += static_cast<char>(lines[i] + (has_neighbour ? pixels[pixels.size() - back] : 0));
  }
  return picture_of(pixels, channels, height, width);
}

/// Reads an animated PNG whose frames are whole pictures.
Animation read_apng(const std::filesystem::path& path) {
  Bytes file(test::slurp(path));
  Animation animation;
  EXPECT_EQ(file.take(8), "\x89PNG\r\n\x1a\n");
  std::string order;
  int64_t width = 0, height = 0, channels = 0, count = 0, sequence_number = 0;
  while (!file.empty()) {
    const int64_t size = file.big_endian(4);
    const std::string checked = file.take(4 + size), type = checked.substr(0, 4);
    EXPECT_EQ(file.big_endian(4),
              crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size())));
    order += type + " ";
    Bytes data(checked.substr(4));
    if (type == "IHDR") {
      width = data.big_endian(4), height = data.big_endian(4);
      EXPECT_EQ(data.big_endian(1), 8) << "bits";
      channels = data.big_endian(1) == 0 ? 1 : 3;
      EXPECT_EQ(data.big_endian(3), 0);
    } else if (type == "acTL") {
      count = data.big_endian(4), animation.plays = data.big_endian(4);
    } else if (type == "fcTL") {
      EXPECT_EQ(data.big_endian(4), sequence_number++);
      EXPECT_EQ(data.big_endian(4), width);
      EXPECT_EQ(data.big_endian(4), height);
      EXPECT_EQ(data.big_endian(8), 0) << "left and top";
      const auto numerator = static_cast<double>(data.big_endian(2)),
                 denominator = static_cast<double>(data.big_endian(2));
      animation.seconds.push_back(numerator / denominator);
      EXPECT_EQ(data.big_endian(2), 0) << "neither disposed nor blended";
    } else if (type == "IDAT" || type == "fdAT") {
      if (type == "fdAT") {
        EXPECT_EQ(data.big_endian(4), sequence_number++);
      }
      animation.frames.push_back(decompress_png(data.rest(), channels, height, width));
    }
    EXPECT_TRUE(data.empty()) << type;
  }
  EXPECT_EQ(static_cast<size_t>(count), animation.frames.size());
  std::string expected = "IHDR acTL fcTL IDAT ";
  for (int64_t i = 1; i < count; ++i) expected += "fcTL fdAT ";
  EXPECT_EQ(order, expected + "IEND ");
  return animation;
}

at::Tensor noise(at::IntArrayRef sizes) {
  return at::randint(256, sizes, at::kByte);
}

/// Frames with long runs, as pictures with a flat ground have.
at::Tensor plain(int64_t count, int64_t channels, int64_t height, int64_t width) {
  at::Tensor frames = at::zeros({count, channels, height, width}, at::kByte);
  for (int64_t i = 0; i < count; ++i) frames[i].slice(1, i, i + height / 2).fill_(10 * i + 20);
  return frames;
}

/// Pixels of which no two follow each other twice: LZW takes a code for each of them.
at::Tensor without_repetition(int64_t count) {
  std::vector<int64_t> pixels;
  for (int64_t a = 0; a < 256; ++a) {
    pixels.push_back(a);
    for (int64_t b = a + 1; b < 256; ++b) pixels.insert(pixels.end(), {a, b});
  }
  return at::tensor(pixels, at::kLong).slice(0, 0, count).to(at::kByte);
}

/// Writes `frames` by `write` and reads them by `read`.
template <class Write, class Read>
Animation round_trip(const Write& write, const Read& read, const at::Tensor& frames, int64_t milliseconds = 100) {
  const TemporaryFolder folder;
  write(folder / "a", frames, milliseconds);
  return read(folder / "a");
}

Animation through_gif(const at::Tensor& frames, int64_t milliseconds = 100) {
  return round_trip(write_gif, read_gif, frames, milliseconds);
}

Animation through_apng(const at::Tensor& frames, int64_t milliseconds = 100) {
  return round_trip(write_apng, read_apng, frames, milliseconds);
}

/// Expects these frames, one after the other; gray ones may have become three equal channels.
void expect_frames(const Animation& animation, const at::Tensor& frames) {
  ASSERT_EQ(static_cast<int64_t>(animation.frames.size()), frames.size(0));
  for (int64_t i = 0; i < frames.size(0); ++i) {
    const at::Tensor& frame = animation.frames[static_cast<size_t>(i)];
    EXPECT_TRUE(at::equal(frame, frames[i].expand_as(frame))) << "frame " << i << " of " << frames.sizes();
  }
}

TEST(Animation, GifKeepsGray) {
  for (const at::Tensor& frames : {noise({1, 1, 1, 1}), noise({4, 1, 9, 13}), plain(3, 1, 70, 300),
                                   at::arange(256, at::kByte).view({1, 1, 8, 32})}) {
    expect_frames(through_gif(frames), frames);
  }
}

TEST(Animation, GifStartsAFullTableAnew) {
  const at::Tensor frames = noise({2, 1, 150, 151});
  const Animation animation = through_gif(frames);
  expect_frames(animation, frames);
  EXPECT_GT(animation.clear_codes, 2 * 4);
}

TEST(Animation, GifEndsAtEachWidthOfItsCodes) {
  // After so many codes they get 10, 11 and 12 bits, the table is full, and the codes of the next one get 10 bits.
  for (const int64_t codes : {255, 767, 1791, 3838, 3838 + 255}) {
    for (const int64_t pixels : {codes - 1, codes, codes + 1}) {
      const at::Tensor frames = without_repetition(pixels).view({1, 1, 1, pixels});
      const Animation animation = through_gif(frames);
      expect_frames(animation, frames);
      EXPECT_EQ(animation.clear_codes, pixels <= 3838 ? 1 : 2);
    }
  }
}

TEST(Animation, GifDithersColoursWithinAStepOfItsPalette) {
  const at::Tensor frames = noise({2, 3, 21, 34});
  const Animation animation = through_gif(frames);
  const at::Tensor steps = at::tensor({51, 51, 51}, at::kInt).view({3, 1, 1});
  ASSERT_EQ(animation.frames.size(), 2u);
  for (int64_t i = 0; i < 2; ++i) {
    const at::Tensor off = (animation.frames[static_cast<size_t>(i)].to(at::kInt) - frames[i].to(at::kInt)).abs();
    EXPECT_TRUE(off.le(steps).all().item<bool>()) << off.amax({1, 2});
  }
}

TEST(Animation, GifKeepsColoursOnAverage) {
  const at::Tensor colours = noise({20, 3, 1, 1});
  const Animation animation = through_gif(colours.expand({20, 3, 4, 4}));
  ASSERT_EQ(animation.frames.size(), 20u);
  for (int64_t i = 0; i < 20; ++i) {
    const at::Tensor mean = animation.frames[static_cast<size_t>(i)].to(at::kFloat).mean({1, 2});
    EXPECT_TRUE(at::allclose(mean, colours[i].to(at::kFloat).flatten(), 0, 51.0 / 16 + 1)) << mean << colours[i];
  }
}

TEST(Animation, GifKeepsGrayInThreeChannels) {
  const at::Tensor frames = noise({2, 1, 9, 13}).expand({2, 3, 9, 13});
  expect_frames(through_gif(frames), frames);
}

TEST(Animation, GifDoesNotBandGraysBesideColours) {
  const at::Tensor ramp = at::arange(256, at::kByte).view({1, 1, 1, 256}).expand({1, 3, 8, 256});
  const at::Tensor red = at::tensor({255, 0, 0}, at::kByte).view({1, 3, 1, 1}).expand({1, 3, 8, 4});
  const Animation animation = through_gif(at::cat({ramp, red}, 3));
  ASSERT_EQ(animation.frames.size(), 1u);
  const at::Tensor got = animation.frames[0].narrow(2, 0, 256).to(at::kInt), off = (got - ramp[0].to(at::kInt)).abs();
  EXPECT_LE(off.max().item<int>(), 7);
  EXPECT_TRUE(at::equal(got[0], got[1]) && at::equal(got[0], got[2])) << "a gray became a colour";
  EXPECT_TRUE(at::equal(animation.frames[0].narrow(2, 256, 4), red[0]));
}

TEST(Animation, GifKeepsTheColoursOfItsPalette) {
  const at::Tensor levels = at::tensor({0, 255, 51, 0, 255, 102, 0, 255, 204}, at::kByte);
  const at::Tensor frames = levels.view({1, 3, 1, 3}).expand({1, 3, 5, 3});
  expect_frames(through_gif(frames), frames);
}

TEST(Animation, ApngIsExact) {
  for (const at::Tensor& frames : {noise({1, 1, 1, 1}), noise({4, 1, 9, 13}), plain(3, 1, 70, 300), noise({1, 3, 1, 2}),
                                   noise({3, 3, 40, 33}), plain(2, 3, 20, 30)}) {
    expect_frames(through_apng(frames), frames);
  }
}

TEST(Animation, ApngIsAPictureOfItsFirstFrame) {
  const TemporaryFolder folder;
  for (const int64_t channels : {1, 3}) {
    const at::Tensor frames = noise({3, channels, 7, 5});
    write_apng(folder / "a.png", frames, 100);
    EXPECT_TRUE(at::equal(read_png(folder / "a.png"), frames[0]));
  }
}

TEST(Animation, WritesTheElementsOfAView) {
  const at::Tensor gray = noise({5, 1, 8, 6}).transpose(2, 3).slice(0, 0, 5, 2).slice(3, 1, 7, 2);
  expect_frames(through_gif(gray), gray);
  const at::Tensor colours = noise({5, 3, 8, 6}).transpose(2, 3).slice(0, 0, 5, 2).slice(3, 1, 7, 2);
  expect_frames(through_apng(colours), colours);
}

TEST(Animation, LoopsForEver) {
  EXPECT_EQ(through_gif(noise({2, 1, 3, 3})).plays, 0);
  EXPECT_EQ(through_apng(noise({2, 1, 3, 3})).plays, 0);
}

TEST(Animation, ShowsEachFrameForItsTime) {
  const at::Tensor frames = noise({2, 1, 3, 3});
  EXPECT_THAT(through_gif(frames, 250).seconds, testing::ElementsAre(0.25, 0.25));
  EXPECT_THAT(through_gif(frames, 44).seconds, testing::ElementsAre(0.04, 0.04));
  EXPECT_THAT(through_gif(frames, 1).seconds, testing::ElementsAre(0.02, 0.02)) << "the shortest";
  EXPECT_THAT(through_gif(frames, 65535).seconds, testing::ElementsAre(65.54, 65.54));
  EXPECT_THAT(through_apng(frames, 1).seconds, testing::ElementsAre(0.001, 0.001));
  EXPECT_THAT(through_apng(frames, 65535).seconds, testing::ElementsAre(65.535, 65.535));
}

TEST(Animation, RefusesTimesThatNoFormatHas) {
  const TemporaryFolder folder;
  const at::Tensor frames = noise({2, 1, 3, 3});
  for (const auto& write : {write_gif, write_apng}) {
    EXPECT_EQ(error_of([&] { write(folder / "a", frames, 0); }),
              (folder / "a").string() + ": expected 1 to 65,535 milliseconds a frame, got 0");
    EXPECT_THAT(error_of([&] { write(folder / "a", frames, 65536); }), testing::HasSubstr("got 65,536"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Animation, RefusesWhatAFormatCannotHold) {
  const TemporaryFolder folder;
  const auto frames = [](int64_t count, int64_t height, int64_t width) {
    return at::zeros({1, 1, 1, 1}, at::kByte).expand({count, 1, height, width});  // takes no memory
  };
  EXPECT_EQ(error_of([&] { write_gif(folder / "a", frames(2, 1, 65536), 100); }),
            (folder / "a").string() + ": a GIF cannot hold 2 frames of 65536x1");
  EXPECT_THAT(error_of([&] { write_gif(folder / "a", frames(2, 65536, 1), 100); }), testing::HasSubstr("1x65536"));
  for (const at::Tensor& large : {frames(1, 1, int64_t{1} << 31), frames(1, int64_t{1} << 31, 1),
                                  frames(1, 50000, 50000), frames(int64_t{1} << 30, 1, 1)}) {
    EXPECT_THAT(error_of([&] { write_apng(folder / "a", large, 100); }),
                testing::HasSubstr("a: an animated PNG cannot hold "));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Animation, GifHoldsItsLongestSides) {
  for (const at::Tensor& frames : {noise({1, 1, 1, 65535}), noise({1, 1, 65535, 1})}) {
    expect_frames(through_gif(frames), frames);
  }
}

TEST(Animation, RefusesOtherTensors) {
  const TemporaryFolder folder;
  for (const auto& write : {write_gif, write_apng}) {
    for (const at::Tensor& frames :
         {at::zeros({2, 2, 4, 4}, at::kByte), at::zeros({3, 4, 4}, at::kByte), at::zeros({2, 1, 4, 4}),
          at::zeros({0, 1, 4, 4}, at::kByte), at::zeros({2, 1, 0, 4}, at::kByte)}) {
      EXPECT_THROW(write(folder / "a", frames, 100), c10::Error) << frames.sizes();
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Animation, LeavesNothingOfAFileItCannotWrite) {
  const TemporaryFolder folder;
  const at::Tensor frames = noise({2, 1, 50, 50});
  for (const auto& write : {write_gif, write_apng}) {
    EXPECT_THAT(error_of([&] { write(folder / "no/a", frames, 100); }),
                testing::StartsWith((folder / "no/a").string() + ": cannot write"));
    const auto on_a_full_disk = [&] {
      const test::FileSizeLimit full(1000);
      write(folder / "a", frames, 100);
    };
    EXPECT_THAT(error_of(on_a_full_disk), testing::StartsWith((folder / "a").string() + ": cannot write"));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

}  // namespace
}  // namespace gan
