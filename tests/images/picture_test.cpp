#include "gan/images/picture.h"

#include <zlib.h>

#include "gan/images/png.h"
#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;

const fs::path kFixtures = GAN_SOURCE_DIR "/tests/fixtures/pictures";

Picture decoded(const std::string& name) {
  return decode_picture(test::slurp(kFixtures / name));
}

/// Colours, and alpha if there is any, one below the other.
at::Tensor channels(const Picture& picture) {
  return (picture.alpha.defined() ? at::cat({picture.colors, picture.alpha}) : picture.colors).to(at::kInt);
}

/// How far the picture is from what Pillow makes of it: the mean and the largest difference in grey levels.
std::pair<double, int> difference(const std::string& name) {
  const at::Tensor found = channels(decoded(name)), expected = channels(decoded(name + ".png"));
  EXPECT_EQ(found.sizes(), expected.sizes()) << name;
  const at::Tensor distance = (found - expected).abs();
  return {distance.to(at::kFloat).mean().item<double>(), distance.max().item<int>()};
}

TEST(Picture, LosslessFormatsGiveEveryPixel) {
  for (const char* name :
       {"rgb.png", "gray.png", "alpha.png", "gray-alpha.png", "palette.png", "palette-transparent.png",
        "interlaced.png", "16-bit.png", "24.bmp", "palette.bmp", "turned-6.png"}) {
    EXPECT_EQ(difference(name).second, 0) << name;
  }
}

TEST(Picture, JpegIsAsPillowDecodesIt) {
  for (const char* name : {"baseline.jpg", "progressive.jpg", "subsampled.jpeg", "gray.jpg", "cmyk.jpg"}) {
    const auto [mean, largest] = difference(name);
    EXPECT_LT(mean, 0.5) << name;
    EXPECT_LE(largest, 8) << name;
  }
}

TEST(Picture, EveryOrientationIsTurnedUpright) {
  const at::Tensor upright = decoded("turned-1.jpg").colors;
  EXPECT_EQ(upright.sizes(), at::IntArrayRef({3, 20, 28}));
  for (int tag = 2; tag <= 8; ++tag) {
    const std::string name = "turned-" + std::to_string(tag) + ".jpg";
    EXPECT_LT(difference(name).first, 0.5) << name;
    EXPECT_EQ(decoded(name).colors.size(1), tag <= 4 ? 20 : 28) << name;
    const PictureInfo info = picture_info(test::slurp(kFixtures / name));
    EXPECT_EQ(info.height, decoded(name).colors.size(1)) << name;
    EXPECT_EQ(info.width, decoded(name).colors.size(2)) << name;
  }
}

TEST(Picture, AnOpaqueAlphaChannelIsDropped) {
  EXPECT_FALSE(decoded("rgb.png").alpha.defined());
  EXPECT_EQ(decoded("gray-alpha.png").alpha.sizes(), at::IntArrayRef({1, 20, 28}));
  EXPECT_EQ(decoded("gray-alpha.png").colors.sizes(), at::IntArrayRef({1, 20, 28}));
}

TEST(Picture, AFileThatEndsAnywhereBeforeItsEndIsRefused) {
  for (const char* name :
       {"baseline.jpg", "progressive.jpg", "gray.jpg", "rgb.png", "interlaced.png", "24.bmp", "palette.bmp"}) {
    const std::string file = test::slurp(kFixtures / name);
    for (size_t length = 0; length < file.size(); ++length) {
      EXPECT_THROW(decode_picture(file.substr(0, length)), Error) << name << " of " << length << " bytes";
    }
  }
}

TEST(Picture, ADamagedPngIsRefused) {
  const std::string good = test::slurp(kFixtures / "rgb.png");
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] ^= 1;
    EXPECT_THROW(decode_picture(bad), Error) << "byte " << at;
  }
}

TEST(Picture, ADamagedJpegOrBmpIsReadOrRefused) {
  for (const char* name : {"progressive.jpg", "turned-6.jpg", "cmyk.jpg", "palette.bmp"}) {
    const std::string good = test::slurp(kFixtures / name);
    for (size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(~bad[at]);
      try {
        decode_picture(bad);
      } catch (const Error&) {
      }
    }
  }
}

TEST(Picture, OtherFilesAreNamedForWhatTheyAre) {
  const auto refusal = [](const std::string& file) {
    try {
      decode_picture(file);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal("GIF89a and more"), "a GIF picture, not a JPEG, PNG or BMP picture");
  EXPECT_EQ(refusal(std::string(12, '\x01')), "not a JPEG, PNG or BMP picture");
  EXPECT_EQ(refusal(""), "not a JPEG, PNG or BMP picture");
}

std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string both = type + data;
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(both.data()), both.size());
  return big_endian(static_cast<uint32_t>(data.size())) + both + big_endian(static_cast<uint32_t>(crc));
}

/// A gray PNG picture whose data unpacks to `bytes` zeros.
std::string png(uint32_t width, uint32_t height, size_t bytes) {
  const std::string zeros(bytes, '\0');
  uLongf size = compressBound(bytes);
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(zeros.data()), bytes);
  packed.resize(size);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", big_endian(width) + big_endian(height) + std::string("\x08\0\0\0\0", 5)) +
         chunk("IDAT", packed) + chunk("IEND", "");
}

TEST(Picture, DataThatUnpacksToMoreThanThePictureIsRefused) {
  EXPECT_EQ(decode_picture(png(2, 3, 9)).colors.sizes(), at::IntArrayRef({1, 3, 2}));
  EXPECT_THROW(decode_picture(png(2, 3, 100 << 20)), Error);
}

TEST(Picture, APictureOfHugeSidesIsRefusedBeforeItIsDecoded) {
  EXPECT_THROW(decode_picture(png(65000, 65000, 100)), Error);
  EXPECT_THROW(picture_info(png(65000, 65000, 100)), Error);
}

TEST(Picture, ABmpOfImpossibleSizeOrPackedIsRefused) {
  const std::string good = test::slurp(kFixtures / "24.bmp");
  const auto with = [&](size_t at, const std::string& bytes) {
    std::string bad = good;
    return decode_picture(bad.replace(at, bytes.size(), bytes));
  };
  for (const size_t side : {18, 22}) {
    EXPECT_THROW(with(side, std::string(4, '\0')), Error) << side;
    EXPECT_THROW(with(side, std::string(4, '\xff')), Error) << side;
    EXPECT_THROW(with(side, "\xff\xff\xff\x7f"), Error) << side;
  }
  EXPECT_THAT(test::error_of([&] { with(30, std::string("\1\0\0\0", 4)); }), testing::HasSubstr("packed BMP"));
}

TEST(Picture, AHuffmanTableOfTooManyCodesIsRefused) {
  std::string jpeg = test::slurp(kFixtures / "baseline.jpg");
  const size_t table = jpeg.find("\xff\xc4");
  for (size_t i = 0; i < 16; ++i) jpeg[table + 5 + i] = '\x7f';
  EXPECT_THAT(test::error_of([&] { decode_picture(jpeg); }), testing::HasSubstr("damaged: its Huffman tables"));
}

TEST(Picture, NamesTellPictures) {
  for (const char* name : {"a.jpg", "a.JPEG", "b/c.Png", "d.bmp"}) EXPECT_TRUE(is_picture_name(name)) << name;
  for (const char* name : {"a.gif", "jpg", "a.jpg.txt", ""}) EXPECT_FALSE(is_picture_name(name)) << name;
}

}  // namespace
}  // namespace gan
