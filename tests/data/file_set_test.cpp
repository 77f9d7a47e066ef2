#include "gan/data/file_set.h"

#include "gan/base/error.h"
#include "support/test.h"

namespace gan {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

std::vector<std::string> names(const FileSet& set) {
  std::vector<std::string> all;
  for (const StoredFile& file : set.files()) all.push_back(file.name);
  return all;
}

void expect_content(const FileSet& set) {
  EXPECT_EQ(names(set), (std::vector<std::string>{"a.txt", "deep/b.txt", "deep/er/c.txt", "empty"}));
  EXPECT_EQ(set.read(0), "first");
  EXPECT_EQ(set.read(1), "second");
  EXPECT_TRUE(set.read(2) == std::string(5000, 'c'));
  EXPECT_EQ(set.read(3), "");
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(set.files()[i].bytes, set.read(i).size());
}

void put(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  test::spill(path, bytes);
}

/// A folder with files, hidden ones among them.
fs::path content(const TemporaryFolder& folder) {
  const fs::path root = folder / "content";
  put(root / "a.txt", "first");
  put(root / "deep/b.txt", "second");
  put(root / "deep/er/c.txt", std::string(5000, 'c'));
  put(root / "empty", "");
  put(root / ".hidden", "x");
  put(root / ".git/a.txt", "x");
  put(root / "__MACOSX/a.txt", "x");
  return root;
}

/// Packs a folder as Python does: "zip", "zip-stored", "ustar", "gnu" or "pax".
fs::path pack(const fs::path& root, const std::string& kind) {
  constexpr const char* kScript = R"(
import os, sys, tarfile, zipfile
root, out, kind = sys.argv[1:]
if kind.startswith('zip'):
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_STORED if kind == 'zip-stored' else zipfile.ZIP_DEFLATED) as archive:
        for folder, _, names in os.walk(root):
            archive.write(folder, os.path.relpath(folder, root) + '/')
            for name in names:
                archive.write(os.path.join(folder, name), os.path.relpath(os.path.join(folder, name), root))
else:
    formats = {'ustar': tarfile.USTAR_FORMAT, 'gnu': tarfile.GNU_FORMAT, 'pax': tarfile.PAX_FORMAT}
    with tarfile.open(out, 'w', format=formats[kind]) as archive:
        archive.add(root, '.')
)";
  const fs::path out = root.parent_path() / ("content." + kind);
  const test::Ran ran = test::run(GAN_TEST_PYTHON, {"-c", kScript, root, out, kind});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return out;
}

TEST(FileSet, AFolderIsReadWithTheFoldersBelowIt) {
  const TemporaryFolder folder;
  const fs::path root = content(folder);
  fs::remove_all(root / "__MACOSX");
  expect_content(*open_folder(root));
}

TEST(FileSet, LinksInCirclesShowEachFolderOnce) {
  const TemporaryFolder folder;
  put(folder / "a/in/b.txt", "x");
  for (const char* link : {"a/again", "a/twice"}) fs::create_directory_symlink(folder / "a", folder / link);
  EXPECT_EQ(names(*open_folder(folder / "a")), std::vector<std::string>{"in/b.txt"});
}

TEST(FileSet, ALinkedFolderIsFoundUnderItsOwnNameOrTheFirstLinkThatIsNotHidden) {
  const TemporaryFolder folder;
  put(folder / "root/z/b.txt", "x");
  put(folder / "root/.hidden/c.txt", "x");
  put(folder / "elsewhere/d.txt", "x");
  fs::create_directory_symlink("z", folder / "root/a");
  fs::create_directory_symlink(".hidden", folder / "root/seen");
  for (const char* name : {"root/one", "root/two", "root/.zero"}) {
    fs::create_directory_symlink(folder / "elsewhere", folder / name);
  }
  EXPECT_EQ(names(*open_folder(folder / "root")), (std::vector<std::string>{"one/d.txt", "seen/c.txt", "z/b.txt"}));
}

TEST(FileSet, ATarsHardLinksHoldWhatTheyNameAndALaterFileReplacesAnEarlier) {
  const TemporaryFolder folder;
  put(folder / "root/a.txt", "first");
  fs::create_hard_link(folder / "root/a.txt", folder / "root/b.txt");
  const auto linked = open_tar(pack(folder / "root", "pax"));
  EXPECT_EQ(names(*linked), (std::vector<std::string>{"a.txt", "b.txt"}));
  EXPECT_EQ(linked->read(0) + linked->read(1), "firstfirst");
  fs::remove(folder / "root/b.txt");
  put(folder / "root/a.txt", "second");
  for (const char* flag : {"-cPf", "-rPf"}) {
    const std::string out = folder / "twice.tar", file = folder / "root/a.txt";
    ASSERT_EQ(test::run("/bin/tar", {flag, out, file}).code, 0);
    put(file, "third");
  }
  const auto twice = open_tar(folder / "twice.tar");
  ASSERT_EQ(twice->files().size(), 1u);  // its absolute name is not taken for a hidden one
  EXPECT_EQ(twice->read(0), "third");
}

TEST(FileSet, AnArchivesSymbolicLinksAreLeftOut) {
  const TemporaryFolder folder;
  put(folder / "root/b.txt", "b");
  fs::create_symlink("b.txt", folder / "root/a.txt");
  EXPECT_EQ(names(*open_tar(pack(folder / "root", "pax"))), std::vector<std::string>{"b.txt"});
  constexpr const char* kScript = R"(
import stat, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    link = zipfile.ZipInfo('a.txt')
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    archive.writestr(link, 'b.txt')
    archive.writestr('b.txt', 'b')
)";
  const test::Ran ran = test::run(GAN_TEST_PYTHON, {"-c", kScript, folder / "links.zip"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(names(*open_zip(folder / "links.zip")), std::vector<std::string>{"b.txt"});
}

TEST(FileSet, AZipsFileThatClaimsMoreThanDeflateCanGiveIsDamaged) {
  const TemporaryFolder folder;
  const fs::path zip = pack(content(folder), "zip");
  std::string bytes = test::slurp(zip);
  const size_t entry = bytes.rfind("PK\x01\x02", bytes.rfind("deep/er/c.txt"));
  bytes.replace(entry + 24, 4, std::string("\0\0\0\xc0", 4));  // 3 GB
  test::spill(zip, bytes);
  const auto set = open_zip(zip);
  ASSERT_EQ(set->files()[2].bytes, 0xc0000000u);
  EXPECT_EQ(test::error_of([&] { set->read(2); }), "damaged: a size that it cannot unpack to");
}

TEST(FileSet, AZipMayHoldMoreFilesThan16BitsCount) {
  const TemporaryFolder folder;
  constexpr const char* kScript = R"(
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    for i in range(65600):
        archive.writestr('%05d' % i, str(i))
)";
  const test::Ran ran = test::run(GAN_TEST_PYTHON, {"-c", kScript, folder / "many.zip"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto set = open_zip(folder / "many.zip");
  ASSERT_EQ(set->files().size(), 65600u);
  EXPECT_EQ(set->files().back().name, "65599");
  EXPECT_EQ(set->read(65599), "65599");
}

TEST(FileSet, AnArchiveHoldsTheSame) {
  const TemporaryFolder folder;
  const fs::path root = content(folder);
  for (const char* kind : {"zip", "zip-stored"}) expect_content(*open_zip(pack(root, kind)));
  for (const char* kind : {"ustar", "gnu", "pax"}) expect_content(*open_tar(pack(root, kind)));
}

TEST(FileSet, NamesMayBeLongAndInAnyEncoding) {
  const TemporaryFolder folder;
  const std::string name = std::string(120, 'n') + "/" + std::string(130, 'm') + "/\xc3\xa9t\xc3\xa9.txt";
  put(folder / ("root/" + name), "x");
  for (const char* kind : {"gnu", "pax"}) {
    const auto set = open_tar(pack(folder / "root", kind));
    EXPECT_EQ(names(*set), std::vector<std::string>{name}) << kind;
    EXPECT_EQ(set->read(0), "x");
  }
  EXPECT_EQ(names(*open_zip(pack(folder / "root", "zip"))), std::vector<std::string>{name});
  put(folder / "latin/\xe9.txt", "x");
  EXPECT_EQ(names(*open_folder(folder / "latin")), std::vector<std::string>{"\xe9.txt"});
}

/// Opens the archive and reads all of it; what an Error says, or nothing.
std::string read_all(const fs::path& path, bool zip) {
  try {
    const auto set = zip ? open_zip(path) : open_tar(path);
    for (size_t i = 0; i < set->files().size(); ++i) set->read(i);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(FileSet, ADamagedZipIsNeverRead) {
  const TemporaryFolder folder;
  const fs::path zip = pack(content(folder), "zip");
  const std::string good = test::slurp(zip);
  for (size_t length = 0; length < good.size(); length += 7) {
    test::spill(zip, good.substr(0, length));
    EXPECT_NE(read_all(zip, true), "") << length;
  }
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(~bad[at]);
    test::spill(zip, bad);
    read_all(zip, true);  // ends, and stays within the file
  }
}

TEST(FileSet, ATarThatEndsWithinAFileOrIsNoneIsRefused) {
  const TemporaryFolder folder;
  const fs::path tar = pack(content(folder), "ustar");
  const std::string good = test::slurp(tar);
  const size_t deep = good.find(std::string(100, 'c'));
  test::spill(tar, good.substr(0, deep + 2000));
  EXPECT_THAT(read_all(tar, false), testing::HasSubstr("truncated"));
  for (size_t at = 0; at < 512; ++at) {
    if (at == 154 || at == 155) continue;  // what ends the digits of the checksum
    std::string bad = good;
    bad[deep - 512 + at] ^= 1;
    test::spill(tar, bad);
    EXPECT_THAT(read_all(tar, false), testing::HasSubstr("not a tar archive, or a damaged one")) << at;
  }
  test::spill(tar, std::string(2000, 'x'));
  EXPECT_THAT(read_all(tar, false), testing::HasSubstr("not a tar archive"));
}

}  // namespace
}  // namespace gan
