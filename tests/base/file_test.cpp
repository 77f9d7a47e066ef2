#include "gan/base/file.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <optional>

#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::FileSizeLimit;
using test::names_in;
using test::slurp;
using test::spill;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kNoContainer = 77;  // exit status

/// Starts a process that does `act` and nothing else; its id.
pid_t start(const std::function<void()>& act) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  act();
  ::_exit(0);
}

/// The signal that ended the process; 0 if none did.
int signal_that_ended(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
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
  std::string error;
  {
    const FileSizeLimit full(4096);
    error = error_of([&] { write_file(folder / "a", std::string(100'000, 'x')); });
  }
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

TEST(File, ReadsNoMoreThanItIsToldTo) {
  const TemporaryFolder folder;
  spill(folder / "a", "12345");
  EXPECT_EQ(read_file(folder / "a", 5), "12345");
  EXPECT_EQ(error_of([&] { read_file(folder / "a", 4); }),
            (folder / "a").string() + ": expected at most 4 bytes, got 5");
}

TEST(File, RefusesAFileLargerThanMemoryBeforeTakingAny) {
  const TemporaryFolder folder;
  spill(folder / "a", "");
  fs::resize_file(folder / "a", uint64_t{1} << 40);  // a hole: no disk is taken either
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

TEST(File, WritesUnderTheLongestNameThereIs) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  write_file(folder / name, "text");
  EXPECT_EQ(slurp(folder / name), "text");
  EXPECT_THAT(names_in(folder.path()), ElementsAre(name));
}

TEST(File, KilledAmidWritingTheOldFileIsWhole) {
  const TemporaryFolder folder;
  spill(folder / "a", "old");
  const pid_t child = start([&] {
    const rlimit none{0, 0}, small{4096, 4096};
    ::setrlimit(RLIMIT_CORE, &none);
    ::setrlimit(RLIMIT_FSIZE, &small);
    std::signal(SIGXFSZ, SIG_DFL);  // at byte 4097 the system kills the process
    write_file(folder / "a", std::string(100'000, 'x'));
  });
  ASSERT_EQ(signal_that_ended(child), SIGXFSZ);
  EXPECT_EQ(slurp(folder / "a"), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

/// The same, where the process has id 1, as in a container; by way of another, which ends as it does.
pid_t start_as_first_process(const std::function<void()>& act) {
  return start([&] {
    const bool apart = ::unshare(CLONE_NEWPID) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0;
    int status = 0;
    ::waitpid(start([&] {
                if (!apart || ::getpid() != 1) ::_exit(kNoContainer);
                act();
              }),
              &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  });
}

TEST(File, AProcessWithTheSameIdInAnotherContainerWritesAnother) {
  // Both write at once, each many times: what is there is always one of them, whole.
  const TemporaryFolder folder;
  const std::string mine(50'000, 'm'), theirs(60'000, 't');
  const auto write_often = [&](const std::string& name, const std::string& bytes) {
    return start_as_first_process([=, &folder] {
      for (int i = 0; i < 50; ++i) {
        write_file(folder / name, bytes);
        if (slurp(folder / name) != bytes) ::_exit(1);
      }
    });
  };
  const pid_t me = write_often("mine", mine), them = write_often("theirs", theirs);
  for (const pid_t process : {me, them}) {
    int status = 0;
    ::waitpid(process, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoContainer) GTEST_SKIP() << "no process of id 1 can be made here";
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(slurp(folder / "mine"), mine);
  EXPECT_EQ(slurp(folder / "theirs"), theirs);
  EXPECT_THAT(names_in(folder.path()), ElementsAre("mine", "theirs"));
}

TEST(File, WhatALivingProcessWritesAsideIsNotSwept) {
  const TemporaryFolder folder;
  spill(folder / ".gan-1.tmp", "half a file");
  const int held = ::open((folder / ".gan-1.tmp").c_str(), O_RDONLY);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  remove_leftovers(folder.path());
  EXPECT_THAT(names_in(folder.path()), ElementsAre(".gan-1.tmp"));
  ::close(held);
  remove_leftovers(folder.path());
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(File, WrittenThroughALinkTheLinkStays) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "store/deep");
  spill(folder / "store/g.pt", "old");
  fs::create_symlink("store/g.pt", folder / "g.pt");
  fs::create_symlink("g.pt", folder / "again.pt");
  fs::create_symlink(folder / "store/deep/new.pt", folder / "to-come.pt");
  write_file(folder / "again.pt", "new");
  write_file(folder / "to-come.pt", "first");
  EXPECT_EQ(slurp(folder / "store/g.pt"), "new");
  EXPECT_EQ(slurp(folder / "store/deep/new.pt"), "first");
  for (const char* link : {"g.pt", "again.pt", "to-come.pt"}) EXPECT_TRUE(fs::is_symlink(folder / link)) << link;
  EXPECT_THAT(names_in(folder / "store"), ElementsAre("deep", "g.pt"));

  fs::create_symlink("loop", folder / "loop");
  EXPECT_THAT(error_of([&] { write_file(folder / "loop", "x"); }), HasSubstr("a loop of links"));
  EXPECT_THAT(error_of([&] { require_writable(folder / "loop"); }), HasSubstr("a loop of links"));
}

TEST(File, ANewOneNeverTakesThePlaceOfAnother) {
  const TemporaryFolder folder;
  write_new_file(folder / "a", "first");
  EXPECT_THAT(error_of([&] { write_new_file(folder / "a", "second"); }), HasSubstr("and it stays"));
  EXPECT_EQ(slurp(folder / "a"), "first");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

TEST(File, HasTheRightsThatTheUsersMaskLeaves) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  write_file(folder / "a", "text");
  ::umask(before);
  EXPECT_EQ(fs::status(folder / "a").permissions(), fs::perms(0640));
}

TEST(File, TakesOnlyItsOwnNamesForLeftovers) {
  EXPECT_TRUE(is_leftover(".gan-1.tmp"));
  EXPECT_TRUE(is_leftover("runs/x/.gan-4194304.tmp"));
  for (const char* name : {"gan-1.tmp", ".gan-1", ".gan-1.tmp.pt", "step-000001.pt", ".tmp", ".gan-1.tmp/a", ""}) {
    EXPECT_FALSE(is_leftover(name)) << name;
  }
}

TEST(File, RemovesLeftoversAndNothingElse) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "below");
  for (const char* name : {".gan-1.tmp", ".gan-22.tmp", ".gan-1", "a.tmp", "below/.gan-1.tmp"})
    spill(folder / name, "");
  remove_leftovers(folder.path());
  EXPECT_THAT(names_in(folder.path()), ElementsAre(".gan-1", "a.tmp", "below"));
  EXPECT_THAT(names_in(folder / "below"), ElementsAre(".gan-1.tmp"));
  remove_leftovers(folder / "none");  // nothing is left there either
}

TEST(MakeFolder, MakesThoseAboveToo) {
  const TemporaryFolder folder;
  make_folder(folder / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
  make_folder(folder / "d/e/");
  EXPECT_TRUE(fs::is_directory(folder / "d/e"));
}

TEST(MakeFolder, LeavesOneThatIsThereAsItIs) {
  const TemporaryFolder folder;
  spill(folder / "file", "text");
  make_folder(folder.path());
  make_folder("");
  make_folder("/");
  fs::create_directory_symlink(folder.path(), folder / "link");
  make_folder(folder / "link");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(slurp(folder / "file"), "text");
}

TEST(MakeFolder, SaysWhatIsInTheWay) {
  const TemporaryFolder folder;
  spill(folder / "file", "text");
  const std::string expected = (folder / "file").string() + ": cannot make this folder: File exists";
  EXPECT_EQ(error_of([&] { make_folder(folder / "file"); }), expected);
  EXPECT_EQ(error_of([&] { make_folder(folder / "file/below/it"); }), expected);
  EXPECT_EQ(slurp(folder / "file"), "text");
}

TEST(FileLock, ASecondHolderIsToldWhoTheFirstIs) {
  const TemporaryFolder folder;
  const fs::path path = folder / "lock";
  spill(path, "12345678901234567890\n");  // of a process long gone
  const FileLock first(path);
  const std::string id = std::to_string(::getpid());
  EXPECT_EQ(slurp(path), id + "\n");
  EXPECT_EQ(error_of([&] { FileLock second(path); }),
            path.string() + ": held by process " + id + " (let it end first, or stop it)");
  EXPECT_EQ(slurp(path), id + "\n");
  spill(path, "");  // as between locking and writing
  EXPECT_THAT(error_of([&] { FileLock second(path); }), HasSubstr(": held by another process ("));
}

TEST(FileLock, IsFreeAgainAfterItsEnd) {
  const TemporaryFolder folder;
  std::optional<FileLock> lock(folder / "lock");
  lock.reset();
  EXPECT_NO_THROW(lock.emplace(folder / "lock"));
  EXPECT_THROW(FileLock(folder / "lock"), Error);
}

TEST(FileLock, IsFreeAgainWhenItsProcessIsKilled) {
  const TemporaryFolder folder;
  const fs::path path = folder / "lock";
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = start([&] {
    const FileLock lock(path);
    if (::write(pipe[1], "x", 1) == 1) ::pause();
  });
  ::close(pipe[1]);
  char locked = 0;
  EXPECT_EQ(::read(pipe[0], &locked, 1), 1);  // or 0, if the child ended without
  ::close(pipe[0]);
  EXPECT_THAT(error_of([&] { FileLock second(path); }), HasSubstr("held by process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  EXPECT_EQ(signal_that_ended(child), SIGKILL);
  EXPECT_NO_THROW(FileLock{path});
}

TEST(FileLock, SaysWhichFileCannotBeLocked) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { FileLock lock(folder / "no/lock"); }),
            (folder / "no/lock").string() + ": cannot open: No such file or directory");
}

TEST(File, WhatIsNotFinishedLeavesTheOldFileAndNothingAside) {
  const TemporaryFolder folder;
  test::spill(folder / "a", "old");
  {
    FileWriter file(folder / "a");
    file.write("half of it");
  }
  EXPECT_EQ(test::slurp(folder / "a"), "old");
  EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"a"});
  FileWriter file(folder / "a");
  file.write("ne"), file.write("w");
  file.finish();
  EXPECT_EQ(test::slurp(folder / "a"), "new");
}

}  // namespace
}  // namespace gan
