#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "gan/base/file.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::FileSizeLimit;
using test::names_in;
using test::signal_that_ended;
using test::slurp;
using test::spill;
using test::start;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kNoContainer = 77;  // exit status

TEST(FileWriter, ReadsBackEveryByte) {
  const TemporaryFolder folder;
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i);
  write_file(folder / "a", bytes);
  EXPECT_EQ(slurp(folder / "a"), bytes);
  EXPECT_EQ(read_file(folder / "a"), bytes);
  write_file(folder / "a", "");
  EXPECT_EQ(read_file(folder / "a"), "");
}

TEST(FileWriter, LeavesNoTemporaryFile) {
  const TemporaryFolder folder;
  write_file(folder / "a", "one");
  write_file(folder / "a", "two");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

TEST(FileWriter, LeavesTheOldFileToThoseWhoHaveItOpen) {
  const TemporaryFolder folder;
  spill(folder / "a", "old");
  fs::create_hard_link(folder / "a", folder / "reader");  // keeps the old file, like an open descriptor
  write_file(folder / "a", "new");
  EXPECT_EQ(slurp(folder / "a"), "new");
  EXPECT_EQ(slurp(folder / "reader"), "old");
}

TEST(FileWriter, WritesIntoTheWorkingFolderByABareName) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_file("bare", "text");
  fs::current_path(before);
  EXPECT_EQ(slurp(folder / "bare"), "text");
}

TEST(FileWriter, KeepsTheOldFileWhenTheDiskIsFull) {
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

TEST(FileWriter, LeavesNoTemporaryFileWhenTheTargetIsAFolder) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "a");
  EXPECT_THAT(error_of([&] { write_file(folder / "a", "text"); }), HasSubstr((folder / "a").string() + ": "));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
  EXPECT_TRUE(fs::is_empty(folder / "a"));
}

TEST(FileWriter, DoesNotReplaceAPipeOrADevice) {
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

TEST(FileWriter, SaysWhichFolderIsMissing) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { write_file(folder / "no/a", "text"); }),
            (folder / "no/a").string() + ": cannot write: No such file or directory");
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(FileWriter, WritesAFileWithTheLongestName) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  write_file(folder / name, "text");
  EXPECT_EQ(slurp(folder / name), "text");
  EXPECT_THAT(names_in(folder.path()), ElementsAre(name));
}

TEST(FileWriter, KeepsTheOldFileWhenKilledInTheMiddle) {
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

/// Like `start`, but the process has id 1, as in a container. Its parent exits with the same status.
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

TEST(FileWriter, WorksBesideAProcessWithTheSameIdInAnotherContainer) {
  // Two processes of id 1 write into one folder at once.
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
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoContainer) GTEST_SKIP() << "cannot start a process of id 1 here";
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(slurp(folder / "mine"), mine);
  EXPECT_EQ(slurp(folder / "theirs"), theirs);
  EXPECT_THAT(names_in(folder.path()), ElementsAre("mine", "theirs"));
}

TEST(FileWriter, LeftoversOfALivingProcessAreKept) {
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

TEST(FileWriter, ReplacesTheTargetOfALinkAndKeepsTheLink) {
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

TEST(FileWriter, ANewFileNeverReplacesAnother) {
  const TemporaryFolder folder;
  write_new_file(folder / "a", "first");
  EXPECT_THAT(error_of([&] { write_new_file(folder / "a", "second"); }), HasSubstr("it is kept"));
  EXPECT_EQ(slurp(folder / "a"), "first");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

TEST(FileWriter, AppliesTheUmask) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  write_file(folder / "a", "text");
  ::umask(before);
  EXPECT_EQ(fs::status(folder / "a").permissions(), fs::perms(0640));
}

TEST(FileWriter, RecognisesOnlyItsOwnLeftovers) {
  EXPECT_TRUE(is_leftover(".gan-1.tmp"));
  EXPECT_TRUE(is_leftover("runs/x/.gan-4194304.tmp"));
  for (const char* name : {"gan-1.tmp", ".gan-1", ".gan-1.tmp.pt", "step-000001.pt", ".tmp", ".gan-1.tmp/a", ""}) {
    EXPECT_FALSE(is_leftover(name)) << name;
  }
}

TEST(FileWriter, RemovesLeftoversAndNothingElse) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "below");
  for (const char* name : {".gan-1.tmp", ".gan-22.tmp", ".gan-1", "a.tmp", "below/.gan-1.tmp"})
    spill(folder / name, "");
  remove_leftovers(folder.path());
  EXPECT_THAT(names_in(folder.path()), ElementsAre(".gan-1", "a.tmp", "below"));
  EXPECT_THAT(names_in(folder / "below"), ElementsAre(".gan-1.tmp"));
  remove_leftovers(folder / "none");  // no such folder: no error
}

TEST(FileWriter, DiscardsWhatIsNotFinished) {
  const TemporaryFolder folder;
  spill(folder / "a", "old");
  {
    FileWriter file(folder / "a");
    file.write("half of it");
  }
  EXPECT_EQ(slurp(folder / "a"), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a"});
  FileWriter file(folder / "a");
  file.write("ne"), file.write("w");
  file.finish();
  EXPECT_EQ(slurp(folder / "a"), "new");
}

}  // namespace
}  // namespace gan
