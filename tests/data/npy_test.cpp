#include "gan/data/npy.h"

#include "support/test.h"

namespace gan {
namespace {

using test::slurp;
using test::TemporaryFolder;

std::string header_of(const std::string& file) {
  return file.substr(10, static_cast<unsigned char>(file[8]) + 256 * static_cast<unsigned char>(file[9]));
}

TEST(Npy, IsTheFormatByTheLetter) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", at::arange(6, at::kByte).view({1, 2, 3}));
  // numpy.lib.format: magic, version 1.0, length of the header, header padded so that the data begins at 128.
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,2,3,), }";
  EXPECT_EQ(slurp(folder / "a.npy"), std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header +
                                         std::string(117 - header.size(), ' ') + "\n" +
                                         std::string("\x00\x01\x02\x03\x04\x05", 6));
}

TEST(Npy, BeginsItsDataAtAMultipleOf64WhateverTheLengthOfTheShape) {
  const TemporaryFolder folder;
  for (const int64_t dimensions : {0, 30, 31}) {  // the header fits 128 bytes up to 30 dimensions of "1,"
    for (const int64_t last : {1, 10}) {
      std::vector<int64_t> sizes(dimensions, 1);
      if (dimensions > 0) sizes.back() = last;
      const at::Tensor tensor = at::full(sizes, 7, at::kByte);
      write_npy(folder / "a.npy", tensor);
      const std::string file = slurp(folder / "a.npy");
      const size_t begin = file.size() - static_cast<size_t>(tensor.numel());
      EXPECT_EQ(begin % 64, 0u) << sizes;
      EXPECT_EQ(header_of(file).size() + 10, begin) << sizes;
      EXPECT_EQ(file[begin - 1], '\n') << sizes;
    }
  }
}

TEST(Npy, WritesShapesAsPythonTuples) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", at::zeros({5}, at::kByte));
  EXPECT_THAT(slurp(folder / "a.npy"), testing::HasSubstr("'shape': (5,), }"));
  write_npy(folder / "a.npy", at::zeros({}, at::kByte));
  EXPECT_THAT(slurp(folder / "a.npy"), testing::HasSubstr("'shape': (), }"));
}

TEST(Npy, WritesAViewInTheOrderItShows) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", at::arange(6, at::kByte).view({2, 3}).t());
  const std::string file = slurp(folder / "a.npy");
  EXPECT_EQ(file.substr(file.size() - 6), std::string("\x00\x03\x01\x04\x02\x05", 6));
}

TEST(Npy, RefusesOtherTypes) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_npy(folder / "a.npy", at::zeros({2})), c10::Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace gan
