#include "gan/base/file_lock.h"

#include <unistd.h>

#include <csignal>
#include <optional>

#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::TemporaryFolder;
using testing::HasSubstr;
namespace fs = std::filesystem;

TEST(FileLock, NamesTheHolder) {
  const TemporaryFolder folder;
  const fs::path path = folder / "lock";
  test::spill(path, "12345678901234567890\n");  // of a process that ended long ago
  const FileLock first(path);
  const std::string id = std::to_string(::getpid());
  EXPECT_EQ(test::slurp(path), id + "\n");
  EXPECT_EQ(error_of([&] { FileLock second(path); }),
            path.string() + ": held by process " + id + " (let it end first, or stop it)");
  EXPECT_EQ(test::slurp(path), id + "\n");
  test::spill(path, "");  // as between locking and writing
  EXPECT_THAT(error_of([&] { FileLock second(path); }), HasSubstr(": held by another process ("));
}

TEST(FileLock, IsFreeAfterItsEnd) {
  const TemporaryFolder folder;
  std::optional<FileLock> lock(folder / "lock");
  lock.reset();
  EXPECT_NO_THROW(lock.emplace(folder / "lock"));
  EXPECT_THROW(FileLock(folder / "lock"), Error);
}

TEST(FileLock, IsFreeWhenItsProcessIsKilled) {
  const TemporaryFolder folder;
  const fs::path path = folder / "lock";
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = test::start([&] {
    const FileLock lock(path);
    if (::write(pipe[1], "x", 1) == 1) ::pause();
  });
  ::close(pipe[1]);
  char locked = 0;
  EXPECT_EQ(::read(pipe[0], &locked, 1), 1);  // 0 if the child failed
  ::close(pipe[0]);
  EXPECT_THAT(error_of([&] { FileLock second(path); }), HasSubstr("held by process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  EXPECT_EQ(test::signal_that_ended(child), SIGKILL);
  EXPECT_NO_THROW(FileLock{path});
}

TEST(FileLock, SaysWhichFileCannotBeLocked) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { FileLock lock(folder / "no/lock"); }),
            (folder / "no/lock").string() + ": cannot open: No such file or directory");
}

}  // namespace
}  // namespace gan
