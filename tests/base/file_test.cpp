#include "gan/base/file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::slurp;
using test::spill;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// What `read_file` and `require_regular_file` say about `path`, which is the same.
std::string refusal(const fs::path& path) {
  const std::string read = error_of([&] { read_file(path); });
  EXPECT_EQ(error_of([&] { require_regular_file(path); }), read);
  return read;
}

TEST(File, ReadsBackEveryByte) {
  const TemporaryFolder folder;
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i);
  write_file(folder / "a", bytes);
  EXPECT_EQ(slurp(folder / "a"), bytes);
  EXPECT_EQ(read_file(folder / "a"), bytes);
  write_file(folder / "a", "");
  EXPECT_EQ(read_file(folder / "a"), "");
}

TEST(File, LeavesNothingAsideAfterWriting) {
  const TemporaryFolder folder;
  write_file(folder / "a", "one");
  write_file(folder / "a", "two");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

TEST(File, ReplacesAFileWithoutTouchingTheOldOnesBytes) {
  const TemporaryFolder folder;
  spill(folder / "a", "old");
  fs::create_hard_link(folder / "a", folder / "reader");  // as one who has the old file open
  write_file(folder / "a", "new");
  EXPECT_EQ(slurp(folder / "a"), "new");
  EXPECT_EQ(slurp(folder / "reader"), "old");
}

TEST(File, WritesIntoTheWorkingFolderByABareName) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_file("bare", "text");
  fs::current_path(before);
  EXPECT_EQ(slurp(folder / "bare"), "text");
}

TEST(File, KeepsTheOldFileWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  spill(folder / "a", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{4096, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string error = error_of([&] { write_file(folder / "a", std::string(100'000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error, (folder / "a").string() + ": cannot write: File too large");
  EXPECT_EQ(slurp(folder / "a"), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

TEST(File, LeavesNothingAsideWhenTheTargetIsAFolder) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "a");
  EXPECT_THAT(error_of([&] { write_file(folder / "a", "text"); }), HasSubstr((folder / "a").string() + ": "));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
  EXPECT_TRUE(fs::is_empty(folder / "a"));
}

TEST(File, DoesNotReplaceAPipeOrADevice) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { write_file(folder / "pipe", "text"); }),
            (folder / "pipe").string() + ": expected a file, got a pipe");
  fs::create_symlink("/dev/full", folder / "device");  // a link, so that a failing test replaces no device
  EXPECT_EQ(error_of([&] { write_file(folder / "device", "text"); }),
            (folder / "device").string() + ": expected a file, got a device");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("device", "pipe"));
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));
}

TEST(File, SaysWhichFolderIsMissing) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { write_file(folder / "no/a", "text"); }),
            (folder / "no/a").string() + ": cannot write: No such file or directory");
  EXPECT_TRUE(fs::is_empty(folder.path()));
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
  // Linux gives the files in /proc a length of 0, as a file has that grows after its length was asked for.
  if (!fs::is_regular_file("/proc/self/status")) GTEST_SKIP() << "this system has no /proc/self/status";
  EXPECT_EQ(error_of([] { read_file("/proc/self/status"); }),
            "/proc/self/status: the file became longer while it was read");
}

}  // namespace
}  // namespace gan
