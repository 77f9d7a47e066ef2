#include "gan/base/zip.h"

#include "gan/base/error.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using testing::HasSubstr;

// Offsets of fields, from APPNOTE.TXT.
constexpr size_t kLocalCrc = 14, kLocalNameSize = 26, kLocalExtraSize = 28;
constexpr size_t kCentralFlags = 8, kCentralMethod = 10, kCentralSize = 20, kCentralOffset = 42;
constexpr size_t kEndCount = 8, kEndDirectory = 16;

uint64_t number(std::string_view bytes, size_t at, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

/// Two entries: "digits" and, empty, "none".
std::string example() {
  return pack_zip({{"digits", "123456789"}, {"none", ""}});
}

/// The example with one byte of its first central header, or of its end record, changed.
std::string with_central(size_t field, char byte) {
  std::string file = example();
  file[file.find("PK\x01\x02") + field] = byte;
  return file;
}
std::string with_end(size_t field, char byte) {
  std::string file = example();
  file[file.find("PK\x05\x06") + field] = byte;
  return file;
}

TEST(Zip, KeepsEntriesInOrder) {
  const std::string file = example();
  const auto entries = unpack_zip(file);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "digits");
  EXPECT_EQ(entries[0].bytes, "123456789");
  EXPECT_EQ(entries[1].name, "none");
  EXPECT_EQ(entries[1].bytes, "");
}

TEST(Zip, WithoutEntriesIsJustAnEndRecord) {
  EXPECT_EQ(pack_zip({}).size(), 22u);
  EXPECT_TRUE(unpack_zip(pack_zip({})).empty());
}

TEST(Zip, WritesTheStandardChecksum) {
  EXPECT_EQ(number(example(), kLocalCrc, 4), 0xcbf43926u);  // the usual check value of CRC-32, for "123456789"
}

TEST(Zip, AlignsEachEntryTo64Bytes) {
  for (size_t size = 1; size < 130; ++size) {
    const std::string first(size, 'a'), file = pack_zip({{first, first}, {"b", "2"}, {"c", "3"}});
    for (const auto& entry : unpack_zip(file)) EXPECT_EQ((entry.bytes.data() - file.data()) % 64, 0) << size;
  }
}

TEST(Zip, EqualEntriesGiveEqualBytes) {
  EXPECT_EQ(example(), example());
}

TEST(Zip, PutsTheDataBehindTheLocalHeader) {
  // Some readers walk the local headers instead of the directory.
  const std::string file = example();
  EXPECT_EQ(file.substr(30 + number(file, kLocalNameSize, 2) + number(file, kLocalExtraSize, 2), 9), "123456789");
}

TEST(Zip, RefusesEveryTruncation) {
  const std::string file = example();
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(unpack_zip(std::string_view(file).substr(0, size)), Error) << size;
  }
}

TEST(Zip, RefusesAChangedByteOfAnEntry) {
  std::string file = example();
  file[file.find("123456789")] ^= 1;
  EXPECT_EQ(error_of([&] { unpack_zip(file); }), "'digits' is damaged: wrong checksum");
}

TEST(Zip, RefusesACompressedEntry) {
  EXPECT_EQ(error_of([] { unpack_zip(with_central(kCentralMethod, 8)); }), "'digits' is compressed or encrypted");
}

TEST(Zip, RefusesAnEncryptedEntry) {
  EXPECT_EQ(error_of([] { unpack_zip(with_central(kCentralFlags, 1)); }), "'digits' is compressed or encrypted");
}

TEST(Zip, RefusesAnEntryThatEndsOutsideTheFile) {
  std::string file = with_central(kCentralSize + 3, '\x7f');  // packed and unpacked size: 2 GiB each
  file[file.find("PK\x01\x02") + kCentralSize + 7] = '\x7f';
  EXPECT_EQ(error_of([&] { unpack_zip(file); }), "the zip structure points outside the file");
  EXPECT_EQ(error_of([] { unpack_zip(with_central(kCentralOffset + 3, '\xff')); }),
            "the zip structure points outside the file");
}

TEST(Zip, RefusesADirectoryElsewhereThanTheEndRecordSays) {
  EXPECT_EQ(error_of([] { unpack_zip(with_end(kEndDirectory, 0)); }), "the zip directory is damaged");
  EXPECT_EQ(error_of([] { unpack_zip(with_end(kEndDirectory + 3, '\xff')); }),
            "the zip structure points outside the file");
  EXPECT_EQ(error_of([] { unpack_zip(with_end(kEndCount, 3)); }), "the zip structure points outside the file");
}

TEST(Zip, RefusesOverlappingEntries) {
  // Otherwise a directory with 46 bytes an entry could list one large entry thousands of times.
  const std::string file = pack_zip({{"a", std::string(1000, 'x')}});
  const size_t directory = file.find("PK\x01\x02"), end = file.find("PK\x05\x06");
  const std::string entry = file.substr(directory, end - directory);
  std::string many = file.substr(0, end) + entry + entry + file.substr(end);
  many[many.find("PK\x05\x06") + kEndCount] = 3;
  EXPECT_EQ(error_of([&] { unpack_zip(many); }), "the zip entries overlap");
}

TEST(Zip, RefusesOtherFiles) {
  EXPECT_THAT(error_of([] { unpack_zip(""); }), HasSubstr("not a zip file"));
  EXPECT_THAT(error_of([] { unpack_zip(std::string(100'000, 'x')); }), HasSubstr("not a zip file"));
}

TEST(Zip, RefusesToWriteTooManyEntries) {
  EXPECT_THAT(error_of([] { pack_zip(std::vector<ZipEntry>(65'536)); }), HasSubstr("65,535"));
}

}  // namespace
}  // namespace gan
