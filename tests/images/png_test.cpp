#include "gan/images/png.h"

#include <zlib.h>

#include <cstdlib>

#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::TemporaryFolder;

/// The content of a PNG file.
struct Png {
  uint32_t width = 0, height = 0;
  int depth = 0, colour_type = 0;
  std::string pixels;  ///< row by row, all channels of a pixel together
};

uint32_t big_endian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// PNG's predictor of the fourth filter (PNG specification, 9.4).
int paeth(int left, int up, int corner) {
  const int guess = left + up - corner;
  const int by_left = std::abs(guess - left), by_up = std::abs(guess - up), by_corner = std::abs(guess - corner);
  if (by_left <= by_up && by_left <= by_corner) return left;
  return by_up <= by_corner ? up : corner;
}

/// Reads a PNG as the specification says: chunks with their checksums, then inflate, then the filters.
Png decode(const std::string& file) {
  EXPECT_EQ(file.substr(0, 8), "\x89PNG\r\n\x1a\n");
  Png png;
  std::string packed, last;
  for (size_t at = 8; at < file.size();) {
    const uint32_t size = big_endian(file, at);
    const std::string name = file.substr(at + 4, 4), data = file.substr(at + 8, size);
    const auto* checked = reinterpret_cast<const Bytef*>(file.data() + at + 4);
    EXPECT_EQ(big_endian(file, at + 8 + size), crc32(0, checked, size + 4)) << name;
    if (name == "IHDR") {
      png.width = big_endian(data, 0), png.height = big_endian(data, 4);
      png.depth = data[8], png.colour_type = data[9];
    }
    if (name == "IDAT") packed += data;
    at += 12 + size;
    last = name;
  }
  EXPECT_EQ(last, "IEND");

  const size_t pixel = png.colour_type == 2 ? 3 : 1, row = png.width * pixel;
  std::string rows(png.height * (row + 1), '\0');
  uLongf size = rows.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(rows.data()), &size, reinterpret_cast<const Bytef*>(packed.data()),
                       packed.size()),
            Z_OK);
  EXPECT_EQ(size, rows.size());
  for (size_t y = 0; y < png.height; ++y) {
    const int filter = rows[y * (row + 1)];
    for (size_t x = 0; x < row; ++x) {
      const auto before = [&](size_t back, size_t above) -> int {
        return x < back || y < above ? 0 : static_cast<unsigned char>(png.pixels[(y - above) * row + x - back]);
      };
      const int left = before(pixel, 0), up = before(0, 1), corner = before(pixel, 1);
      const int predicted[] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
      png.pixels += static_cast<char>(rows[y * (row + 1) + 1 + x] + predicted[filter]);
    }
  }
  return png;
}

/// Bytes that no filter simplifies.
at::Tensor picture(int64_t channels, int64_t height, int64_t width) {
  const at::Tensor index = at::arange(channels * height * width, at::kLong);
  return (index * index * 31 + index * 7).remainder(256).to(at::kByte).view({channels, height, width});
}

/// The pixels of a picture in the order of a PNG.
std::string in_order(const at::Tensor& picture) {
  const at::Tensor bytes = picture.permute({1, 2, 0}).contiguous();
  return {static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()};
}

/// Writes `written` and expects a PNG of this colour type that holds it.
void expect_png_of(const at::Tensor& written, int colour_type) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", written);
  const Png png = decode(test::slurp(folder / "a.png"));
  EXPECT_EQ(png.height, written.size(1));
  EXPECT_EQ(png.width, written.size(2));
  EXPECT_EQ(png.depth, 8);
  EXPECT_EQ(png.colour_type, colour_type);
  EXPECT_EQ(png.pixels, in_order(written));
}

TEST(Png, WritesGrayAndColouredPictures) {
  expect_png_of(picture(1, 13, 40), 0);
  expect_png_of(picture(3, 5, 2), 2);
}

TEST(Png, WritesRedThenGreenThenBlue) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", at::tensor({255, 128, 1}, at::kByte).view({3, 1, 1}));
  EXPECT_EQ(decode(test::slurp(folder / "a.png")).pixels, "\xff\x80\x01");
}

TEST(Png, WritesTheElementsOfAView) {
  const TemporaryFolder folder;
  const at::Tensor view = picture(3, 8, 6).transpose(1, 2).slice(2, 1, 7, 2);
  write_png(folder / "a.png", view);
  EXPECT_EQ(decode(test::slurp(folder / "a.png")).pixels, in_order(view));
}

TEST(Png, RefusesToWriteOtherTensors) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_png(folder / "a.png", at::zeros({2, 4, 4}, at::kByte)), c10::Error);
  EXPECT_THROW(write_png(folder / "a.png", at::zeros({4, 4}, at::kByte)), c10::Error);
  EXPECT_THROW(write_png(folder / "a.png", at::zeros({1, 4, 4})), c10::Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Png, NamesAFileItCannotWrite) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { write_png(folder / "no/a.png", picture(1, 2, 2)); }),
              testing::StartsWith((folder / "no/a.png").string() + ": cannot write"));
}

TEST(Png, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{1, 5, 7}, {3, 7, 5}, {1, 1, 1}}) {
    const at::Tensor picture = at::randint(256, sizes, at::kByte);
    write_png(folder / "a.png", picture);
    EXPECT_TRUE(at::equal(read_png(folder / "a.png"), picture)) << sizes;
  }
}

std::string chunk(const std::string& name, const std::string& data) {
  const auto number = [](uint32_t value) {
    return std::string{char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
  };
  const std::string checked = name + data;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return number(static_cast<uint32_t>(data.size())) + checked + number(static_cast<uint32_t>(crc));
}

/// A PNG file with one row of two pixels. `more` are chunks before the pixels.
std::string two_pixels(int depth, int colour_type, const std::string& pixels, const std::string& more = {}) {
  const std::string row = '\0' + pixels;
  std::string packed(100, '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(row.data()), row.size());
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR", std::string{0, 0, 0, 2, 0, 0, 0, 1, char(depth), char(colour_type), 0, 0, 0}) + more +
         chunk("IDAT", packed.substr(0, size)) + chunk("IEND", "");
}

enum ColourType { kGray = 0, kColour = 2, kPalette = 3, kGrayAndAlpha = 4, kColourAndAlpha = 6 };

/// The channels of both pixels of such a picture.
std::vector<std::vector<int64_t>> read_two_pixels(const std::string& file) {
  const TemporaryFolder folder;
  test::spill(folder / "a.png", file);
  const at::Tensor picture = read_png(folder / "a.png").to(at::kLong);
  EXPECT_EQ(picture.sizes().slice(1), (std::vector<int64_t>{1, 2}));
  std::vector<std::vector<int64_t>> channels;
  for (int64_t c = 0; c < picture.size(0); ++c) {
    channels.push_back({picture[c][0][0].item<int64_t>(), picture[c][0][1].item<int64_t>()});
  }
  return channels;
}

using Channels = std::vector<std::vector<int64_t>>;

TEST(Png, ReadsEachKindOfPixel) {
  const std::string palette = chunk("PLTE", {0, 0, 0, 9, 9, 9, 70, 80, 90});
  EXPECT_EQ(read_two_pixels(two_pixels(1, kGray, "\x40")), (Channels{{0, 255}}));
  EXPECT_EQ(read_two_pixels(two_pixels(16, kGray, {7, 7, 100, 100})), (Channels{{7, 100}}));
  EXPECT_EQ(read_two_pixels(two_pixels(16, kColour, {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6})),
            (Channels{{1, 4}, {2, 5}, {3, 6}}));
  EXPECT_EQ(read_two_pixels(two_pixels(8, kPalette, {1, 2}, palette)), (Channels{{9, 70}, {9, 80}, {9, 90}}));
  EXPECT_EQ(read_two_pixels(two_pixels(8, kGrayAndAlpha, "\x07\xff\x08\xff")), (Channels{{7, 8}}));
  EXPECT_EQ(read_two_pixels(two_pixels(8, kColourAndAlpha, "\x01\x02\x03\xff\x04\x05\x06\xff")),
            (Channels{{1, 4}, {2, 5}, {3, 6}}));
}

TEST(Png, RefusesTransparentPixelsOfEachKind) {
  const std::string palette = chunk("PLTE", {0, 0, 0, 9, 9, 9});
  for (const std::string& file : {two_pixels(8, kGrayAndAlpha, "\x07\xff\x08\xfe"),
                                  two_pixels(8, kColourAndAlpha, std::string("\x01\x02\x03\xff\x04\x05\x06\0", 8)),
                                  two_pixels(8, kPalette, {0, 1}, palette + chunk("tRNS", "\xff\x80")),
                                  two_pixels(8, kGray, {7, 8}, chunk("tRNS", {0, 8})),
                                  two_pixels(8, kColour, {1, 2, 3, 4, 5, 6}, chunk("tRNS", {0, 4, 0, 5, 0, 6}))}) {
    EXPECT_THAT(error_of([&] { read_two_pixels(file); }), testing::HasSubstr("a.png: has transparent pixels"));
  }
}

TEST(Png, NamesOtherKindsOfFiles) {
  const TemporaryFolder folder;
  test::spill(folder / "a.png", "\xff\xd8\xff\xe0 and so on");
  EXPECT_EQ(error_of([&] { read_png(folder / "a.png"); }),
            (folder / "a.png").string() + ": a JPEG picture, not a PNG picture");
}

TEST(Png, RefusesDamagedAndTruncatedFiles) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", at::randint(256, {3, 20, 20}, at::kByte));
  const std::string whole = test::slurp(folder / "a.png");
  const auto refusal = [&](const std::string& bytes) {
    test::spill(folder / "b.png", bytes);
    return error_of([&] { read_png(folder / "b.png"); });
  };
  for (const char* bytes : {"", "\1\2\3, not a PNG"})
    EXPECT_THAT(refusal(bytes), testing::HasSubstr("b.png: not a PNG"));
  for (const size_t size : {size_t{20}, whole.size() / 2}) {
    EXPECT_THAT(refusal(whole.substr(0, size)), testing::HasSubstr("b.png: truncated"));
  }
}

}  // namespace
}  // namespace gan
