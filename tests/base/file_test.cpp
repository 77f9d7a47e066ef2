#include "gan/base/file.h"

#include <sys/stat.h>

#include "support/test.h"

namespace gan {
namespace {

using test::error_of, test::spill, test::TemporaryFolder;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// The error of `read_file` and of `require_regular_file`, which must be the same.
std::string refusal(const fs::path& path) {
  const std::string read = error_of([&] { read_file(path); });
  EXPECT_EQ(error_of([&] { require_regular_file(path); }), read);
  return read;
}

TEST(File, RefusesAMissingFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal(folder / "a"), (folder / "a").string() + ": no such file");
  spill(folder / "file", "text");
  EXPECT_EQ(refusal(folder / "file/a"), (folder / "file/a").string() + ": no such file");
  fs::create_symlink(folder / "a", folder / "link");
  EXPECT_EQ(refusal(folder / "link"), (folder / "link").string() + ": no such file");
}

TEST(File, RefusesAFolder) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal(folder.path()), folder.path().string() + ": expected a file, got a folder");
}

TEST(File, RefusesAPipeAtOnce) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal(folder / "pipe"), (folder / "pipe").string() + ": expected a file, got a pipe");
}

TEST(File, RefusesADeviceAtOnce) {
  EXPECT_EQ(refusal("/dev/zero"), "/dev/zero: expected a file, got a device");
}

TEST(File, RefusesALoopOfLinks) {
  const TemporaryFolder folder;
  fs::create_symlink("loop", folder / "loop");
  EXPECT_EQ(refusal(folder / "loop"), (folder / "loop").string() + ": cannot open: Too many levels of symbolic links");
}

TEST(File, FollowsALinkToAFile) {
  const TemporaryFolder folder;
  spill(folder / "a", "text");
  fs::create_symlink("a", folder / "link");
  require_regular_file(folder / "link");
  EXPECT_EQ(read_file(folder / "link"), "text");
}

TEST(File, RefusesAFileThatHoldsMoreThanItsLength) {
  // Linux gives the files in /proc a length of 0, as if they grew after their length was read.
  if (!fs::is_regular_file("/proc/self/status")) GTEST_SKIP() << "this system has no /proc/self/status";
  EXPECT_EQ(error_of([] { read_file("/proc/self/status"); }),
            "/proc/self/status: the file became longer while it was read");
}

TEST(File, RefusesMoreBytesThanAllowed) {
  const TemporaryFolder folder;
  spill(folder / "a", "12345");
  EXPECT_EQ(read_file(folder / "a", 5), "12345");
  EXPECT_EQ(error_of([&] { read_file(folder / "a", 4); }),
            (folder / "a").string() + ": expected at most 4 bytes, got 5");
}

TEST(File, RefusesAHugeFileBeforeItTakesMemory) {
  const TemporaryFolder folder;
  spill(folder / "a", "");
  fs::resize_file(folder / "a", uint64_t{1} << 40);  // a hole, which takes no disk space
  EXPECT_THAT(error_of([&] { read_file(folder / "a", 1 << 20); }), HasSubstr("got 1099511627776"));
  EXPECT_EQ(read_beginning(folder / "a", 3), std::string(3, '\0'));
}

TEST(File, ReadsABeginning) {
  const TemporaryFolder folder;
  spill(folder / "a", "12345");
  EXPECT_EQ(read_beginning(folder / "a", 2), "12");
  EXPECT_EQ(read_beginning(folder / "a", 5), "12345");
  EXPECT_EQ(read_beginning(folder / "a", 99), "12345");
  EXPECT_EQ(error_of([&] { read_beginning(folder / "b", 2); }), (folder / "b").string() + ": no such file");
  EXPECT_THAT(error_of([&] { read_beginning(folder.path(), 2); }), HasSubstr("expected a file, got a folder"));
}

TEST(MakeFolder, MakesMissingParents) {
  const TemporaryFolder folder;
  make_folder(folder / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
  make_folder(folder / "d/e/");
  EXPECT_TRUE(fs::is_directory(folder / "d/e"));
}

TEST(MakeFolder, KeepsAnExistingFolder) {
  const TemporaryFolder folder;
  spill(folder / "file", "text");
  make_folder(folder.path());
  make_folder("");
  make_folder("/");
  fs::create_directory_symlink(folder.path(), folder / "link");
  make_folder(folder / "link");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(test::slurp(folder / "file"), "text");
}

TEST(MakeFolder, SaysWhatIsInTheWay) {
  const TemporaryFolder folder;
  spill(folder / "file", "text");
  const std::string expected = (folder / "file").string() + ": cannot make this folder: File exists";
  EXPECT_EQ(error_of([&] { make_folder(folder / "file"); }), expected);
  EXPECT_EQ(error_of([&] { make_folder(folder / "file/below/it"); }), expected);
  EXPECT_EQ(test::slurp(folder / "file"), "text");
}

}  // namespace
}  // namespace gan
