#include "gan/data/npy.h"

#include "support/test.h"

namespace gan {
namespace {

using test::slurp;
using test::spill;
using test::TemporaryFolder;

std::string header_of(const std::string& file) {
  return file.substr(10, static_cast<unsigned char>(file[8]) + 256 * static_cast<unsigned char>(file[9]));
}

TEST(Npy, WritesTheExactBytes) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", at::arange(6, at::kByte).view({1, 2, 3}));
  // numpy.lib.format: magic, version 1.0, length of the header, header padded so that the data begins at 128.
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,2,3,), }";
  EXPECT_EQ(slurp(folder / "a.npy"), std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header +
                                         std::string(117 - header.size(), ' ') + "\n" +
                                         std::string("\x00\x01\x02\x03\x04\x05", 6));
}

TEST(Npy, AlignsDataTo64Bytes) {
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

TEST(Npy, WritesTheElementsOfAViewInOrder) {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", at::arange(6, at::kByte).view({2, 3}).t());
  const std::string file = slurp(folder / "a.npy");
  EXPECT_EQ(file.substr(file.size() - 6), std::string("\x00\x03\x01\x04\x02\x05", 6));
}

TEST(Npy, RefusesOtherTypes) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_npy(folder / "a.npy", at::zeros({2}, at::kInt)), c10::Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

/// A file of format version `major` with this header and data.
std::string npy(const std::string& header, const std::string& data, char major = 1) {
  std::string length{static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  if (major > 1) length += std::string(2, '\0');
  return std::string("\x93NUMPY") + major + '\0' + length + header + data;
}

TEST(Npy, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{2, 3, 4}, {5}, {}, {0, 28, 28}, {1, 1, 1, 1}}) {
    const at::Tensor tensor = at::randint(256, sizes, at::kByte);
    write_npy(folder / "a.npy", tensor);
    EXPECT_TRUE(at::equal(read_npy(folder / "a.npy"), tensor)) << sizes;
  }
}

TEST(Npy, ReadsWhatNumPyWrites) {
  const TemporaryFolder folder;
  for (const char major : {1, 2, 3}) {
    spill(folder / "a.npy",
          npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }        \n", "abcdef", major));
    EXPECT_TRUE(at::equal(read_npy(folder / "a.npy"), at::arange(97, 103, at::kByte).view({2, 3})));
  }
  spill(folder / "a.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }\n", "abcd"));
  EXPECT_EQ(read_npy(folder / "a.npy").sizes(), (std::vector<int64_t>{4}));
}

TEST(Npy, RefusesOtherFiles) {
  const TemporaryFolder folder;
  const std::string good = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n";
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string header = good;
    return npy(header.replace(header.find(from), from.size(), to), "abcdef");
  };
  for (const auto& [bytes, reason] : std::vector<std::pair<std::string, std::string>>{
           {"", "not a NumPy file"},
           {"\x93NUMPY", "not a NumPy file"},
           {"PK\x03\x04 something else", "not a NumPy file"},
           {npy(good, "abcdef").substr(0, 30), "ends within its header"},
           {npy(good, "abcde"), "says 6 bytes of data, the file has 5"},
           {npy(good, "abcdefg"), "says 6 bytes of data, the file has 7"},
           {with("|u1", "<f4"), "expected bytes, '|u1', got '<f4'"},
           {with("|u1", "|O"), "expected bytes"},
           {with("False", "True"), "expected C order"},
           {with("(2, 3)", "(-2, -3)"), "invalid shape"},
           {with("(2, 3)", "(2, , 3)"), "invalid shape"},
           {with("(2, 3)", "(9223372036854775807, 9223372036854775807)"), "says more bytes than fit, the file has"},
           {with("(2, 3)", "(2, 3"), "has no shape"},
           {with("'shape'", "'sharp'"), "no 'shape'"},
           {with("'descr'", "'desc'"), "no 'descr'"}}) {
    spill(folder / "a.npy", bytes);
    EXPECT_THAT(test::error_of([&] { read_npy(folder / "a.npy"); }), testing::HasSubstr(reason)) << bytes;
  }
}

TEST(Npy, NumbersComeBackAsFloatsWhicheverTheyWere) {
  const test::TemporaryFolder folder;
  const at::Tensor numbers = at::randn({3, 5});
  for (const auto type : {at::kFloat, at::kDouble}) {
    write_npy(folder / "a.npy", numbers.to(type));
    EXPECT_TRUE(at::equal(read_npy_numbers(folder / "a.npy"), numbers));
  }
  EXPECT_THAT(test::error_of([&] { read_npy(folder / "a.npy"); }),
              testing::HasSubstr("expected bytes, '|u1', got '<f8'"));
  write_npy(folder / "b.npy", at::zeros({3}, at::kByte));
  EXPECT_THAT(test::error_of([&] { read_npy_numbers(folder / "b.npy"); }),
              testing::HasSubstr("expected numbers, '<f4' or '<f8', got '|u1'"));
}

}  // namespace
}  // namespace gan
