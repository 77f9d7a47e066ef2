#include "gan/data/idx.h"

#include <zlib.h>

#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::slurp;
using test::TemporaryFolder;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// An IDX file: magic, type, dimensions, sizes, then `data`.
std::string idx(const std::vector<uint32_t>& sizes, const std::string& data, char type = 8) {
  std::string bytes{0, 0, type, static_cast<char>(sizes.size())};
  for (const uint32_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  }
  return bytes + data;
}

std::string gzipped(const std::string& bytes) {
  const TemporaryFolder folder;
  const gzFile file = gzopen((folder / "a.gz").c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return slurp(folder / "a.gz");
}

/// 0, 1, 2, ...
std::string counting(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(i);
  return bytes;
}
at::Tensor numbered(std::vector<int64_t> sizes) {
  return at::arange(c10::multiply_integers(sizes), at::kByte).view(sizes);
}

at::Tensor read(const std::string& bytes) {
  const TemporaryFolder folder;
  test::spill(folder / "file", bytes);
  return read_idx(folder / "file");
}
at::Tensor read_images(const std::string& bytes) {
  const TemporaryFolder folder;
  test::spill(folder / "file", bytes);
  return read_idx_images(folder / "file");
}

/// The error about a file with these bytes, without the file's name.
std::string refusal(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::string path = (folder / "file").string();
  test::spill(path, bytes);
  const std::string error = error_of([&] { read_idx_images(path); });
  EXPECT_THAT(error, testing::StartsWith(path + ": "));
  return error.substr(std::min(error.size(), path.size() + 2));
}

constexpr uint32_t kMost = 0xffffffff;

// ---- Reads --------------------------------------------------------------------------------------

TEST(Idx, ReadsOneToFourDimensions) {
  EXPECT_TRUE(at::equal(read(idx({6}, counting(6))), numbered({6})));
  EXPECT_TRUE(at::equal(read(idx({2, 3}, counting(6))), numbered({2, 3})));
  EXPECT_TRUE(at::equal(read(idx({1, 2, 3}, counting(6))), numbered({1, 2, 3})));
  EXPECT_TRUE(at::equal(read(idx({1, 2, 3, 1}, counting(6))), numbered({1, 2, 3, 1})));
}

TEST(Idx, ReadsSizesOfSeveralBytes) {
  EXPECT_EQ(read(idx({0x10203}, std::string(0x10203, 'x'))).size(0), 0x10203);
}

TEST(Idx, RecognisesGzipByContent) {
  EXPECT_TRUE(at::equal(read(gzipped(idx({2, 3}, counting(6)))), numbered({2, 3})));  // the name does not end in .gz
}

TEST(Idx, ReadsThreeDimensionsAsGrayImages) {
  EXPECT_TRUE(at::equal(read_images(idx({2, 3, 4}, counting(24))), numbered({2, 1, 3, 4})));
}

TEST(Idx, ReadsChannelsFirst) {
  EXPECT_TRUE(at::equal(read_images(idx({2, 3, 2, 4}, counting(48))), numbered({2, 3, 2, 4})));
  EXPECT_TRUE(at::equal(read_images(idx({2, 1, 2, 4}, counting(16))), numbered({2, 1, 2, 4})));
}

TEST(Idx, ReadsChannelsLast) {
  const at::Tensor images = read_images(idx({2, 4, 5, 3}, counting(120)));
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{2, 3, 4, 5}));
  EXPECT_TRUE(images.is_contiguous());
  EXPECT_EQ(images[1][2][3][4].item<int>(), 119);        // the last byte
  EXPECT_EQ(images[0][1][0][2].item<int>(), 2 * 3 + 1);  // green of the third pixel
  EXPECT_TRUE(at::equal(read_images(idx({2, 4, 5, 1}, counting(40))), numbered({2, 1, 4, 5})));
}

TEST(Idx, PrefersChannelsFirst) {
  EXPECT_EQ(read_images(idx({1, 3, 2, 1}, counting(6))).sizes(), (std::vector<int64_t>{1, 3, 2, 1}));
}

// ---- Refuses -------------------------------------------------------------------------------------

TEST(Idx, RefusesOtherFiles) {
  EXPECT_THAT(refusal(""), HasSubstr("not an IDX file"));
  EXPECT_THAT(refusal(std::string(3, '\0')), HasSubstr("not an IDX file"));
  EXPECT_THAT(refusal("\x89PNG\r\n\x1a\n"), HasSubstr("not an IDX file"));
  EXPECT_THAT(refusal(std::string("\0\1\x08\3", 4) + std::string(100, '\0')), HasSubstr("not an IDX file"));
}

TEST(Idx, RefusesOtherElementTypes) {
  EXPECT_EQ(refusal(idx({1, 2, 3}, std::string(24, 'x'), 0x0d)),
            "IDX type: expected 8 (unsigned bytes), got 13 (float32)");
}

TEST(Idx, RefusesOtherNumbersOfDimensions) {
  EXPECT_EQ(refusal(idx({}, "x")), "IDX dimensions: expected 1 to 4, got 0");
  EXPECT_EQ(refusal(idx({1, 1, 1, 1, 1}, "x")), "IDX dimensions: expected 1 to 4, got 5");
  EXPECT_EQ(refusal(std::string("\0\0\x08\xff", 4)), "IDX dimensions: expected 1 to 4, got 255");
}

TEST(Idx, RefusesATruncatedHeader) {
  for (size_t size = 4; size < 16; ++size) {
    EXPECT_EQ(refusal(idx({1, 2, 3}, "").substr(0, size)), "truncated: the file ends within its header") << size;
  }
}

TEST(Idx, RefusesTooLittleData) {
  EXPECT_EQ(refusal(idx({1, 2, 3}, counting(5))),
            "truncated: the header says 1 x 2 x 3, that is 22 bytes, the file has 21");
  EXPECT_EQ(refusal(gzipped(idx({1, 2, 3}, counting(5)))),
            "truncated: the header says 1 x 2 x 3, that is 6 bytes of data, got 5");
}

TEST(Idx, RefusesTooMuchData) {
  EXPECT_EQ(refusal(idx({1, 2, 3}, counting(7))),
            "too long: the header says 1 x 2 x 3, that is 22 bytes, the file has 23");
  EXPECT_EQ(refusal(gzipped(idx({1, 2, 3}, counting(7)))), "too long: more data than the 1 x 2 x 3 of its header");
  EXPECT_THAT(refusal(gzipped(idx({1, 2, 3}, std::string(10'000'000, '\0')))), HasSubstr("too long"));
}

TEST(Idx, RefusesASizeBeyondTheFile) {
  // Each must fail before it allocates 4 GiB and more.
  EXPECT_EQ(refusal(idx({kMost, 28, 28}, counting(10))),
            "truncated: the header says 4294967295 x 28 x 28, that is 3367254359296 bytes, the file has 26");
  EXPECT_THAT(refusal(gzipped(idx({kMost, 28, 28}, counting(10)))),
              testing::MatchesRegex("the header says 4294967295 x 28 x 28, more than a file of [0-9]+ bytes can hold"));
}

TEST(Idx, RefusesASizeThatOverflows) {
  for (const auto& sizes : {std::vector<uint32_t>{kMost, kMost},
                            {kMost, kMost, 1},
                            {kMost, kMost, kMost, kMost},
                            {0x80000000, 0x80000000, 4},
                            {0x80000000, 0x80000000, 2}}) {
    EXPECT_THAT(refusal(idx(sizes, counting(10))), HasSubstr("bytes can hold"));
    EXPECT_THAT(refusal(gzipped(idx(sizes, counting(10)))), HasSubstr("bytes can hold"));
  }
}

TEST(Idx, RefusesZeroImages) {
  EXPECT_EQ(refusal(idx({0, 28, 28}, "")), "the header says 0 x 28 x 28: the file holds no data");
  EXPECT_EQ(refusal(gzipped(idx({5, 0, 28}, ""))), "the header says 5 x 0 x 28: the file holds no data");
}

TEST(Idx, RefusesGzipDataWithADamagedChecksum) {
  std::string bytes = gzipped(idx({1, 2, 3}, counting(6)));
  bytes[bytes.size() - 8] ^= 1;
  EXPECT_THAT(refusal(bytes), HasSubstr("damaged gzip data"));
}

TEST(Idx, RefusesEveryTruncationOfGzipData) {
  const std::string bytes = gzipped(idx({1, 2, 3}, counting(6)));
  for (size_t size = 0; size < bytes.size(); ++size) refusal(bytes.substr(0, size));
  EXPECT_EQ(refusal(bytes.substr(0, bytes.size() - 1)), "truncated: the file ends within its gzip data");
}

TEST(Idx, RefusesLabelsAsImages) {
  EXPECT_EQ(refusal(idx({6}, counting(6))),
            "expected images, N x H x W or N x C x H x W with C of 1, 3 or 4, got 6 (these look like labels)");
}

TEST(Idx, RefusesOtherNumbersOfChannels) {
  EXPECT_THAT(refusal(idx({1, 2, 3, 2}, counting(12))), HasSubstr("got 1 x 2 x 3 x 2"));
  EXPECT_THAT(refusal(idx({2, 3}, counting(6))), HasSubstr("got 2 x 3"));
}

TEST(Idx, RefusesFoldersAndMissingFiles) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { read_idx(folder.path()); }), folder.path().string() + ": expected a file, got a folder");
  EXPECT_EQ(error_of([&] { read_idx(folder / "none"); }), (folder / "none").string() + ": no such file");
  EXPECT_EQ(error_of([] { read_idx("/dev/zero"); }), "/dev/zero: expected a file, got a device");
}

// ---- Writes -------------------------------------------------------------------------------------

TEST(Idx, WritesTheExactBytes) {
  const TemporaryFolder folder;
  write_idx(folder / "a", numbered({2, 3}));
  EXPECT_EQ(slurp(folder / "a"), idx({2, 3}, counting(6)));
  write_idx(folder / "a", at::full({300}, 7, at::kByte));
  EXPECT_EQ(slurp(folder / "a"), idx({300}, std::string(300, '\7')));
}

TEST(Idx, WritesGrayImagesAsMnistDoes) {
  const TemporaryFolder folder;
  write_idx(folder / "a", numbered({2, 1, 2, 3}));
  EXPECT_EQ(slurp(folder / "a"), idx({2, 2, 3}, counting(12)));
}

TEST(Idx, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  for (const std::string name : {"a", "a.gz"}) {
    for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{2, 1, 3, 4}, {2, 3, 4, 5}}) {
      write_idx(folder / name, numbered(sizes));
      EXPECT_TRUE(at::equal(read_idx_images(folder / name), numbered(sizes))) << name;
    }
    write_idx(folder / name, numbered({2, 3}).t());
    EXPECT_TRUE(at::equal(read_idx(folder / name), numbered({2, 3}).t())) << name;
  }
}

TEST(Idx, GzipsAFileNamedGz) {
  const TemporaryFolder folder;
  write_idx(folder / "a.gz", at::zeros({100, 28, 28}, at::kByte));
  EXPECT_EQ(slurp(folder / "a.gz").substr(0, 2), "\x1f\x8b");
  EXPECT_LT(fs::file_size(folder / "a.gz"), 1000u);
}

TEST(Idx, RefusesToWriteOtherTypes) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_idx(folder / "a", at::zeros({2, 2})), c10::Error);
  EXPECT_THROW(write_idx(folder / "a", at::zeros({}, at::kByte)), c10::Error);
  EXPECT_THROW(write_idx(folder / "a", at::zeros({1, 2, 1, 1, 1}, at::kByte)), c10::Error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Idx, PartsGiveTheSameFile) {
  const TemporaryFolder folder;
  const at::Tensor images = at::randint(256, {5000, 1, 7, 5}, at::kByte);
  for (const std::string name : {"a.idx", "a.idx.gz"}) {
    IdxWriter file(folder / name, images.sizes().vec());
    for (int64_t begin = 0; begin < 5000; begin += 1250) file.append(images.narrow(0, begin, 1250));
    EXPECT_FALSE(fs::exists(folder / name));
    file.finish();
    EXPECT_TRUE(at::equal(read_idx_images(folder / name), images)) << name;
  }
  write_idx(folder / "whole.idx", images);
  EXPECT_EQ(slurp(folder / "a.idx"), slurp(folder / "whole.idx"));
}

}  // namespace
}  // namespace gan
