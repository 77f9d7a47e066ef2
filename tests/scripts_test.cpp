#include "support/test.h"

namespace gan {
namespace {

using test::spill;
using test::TemporaryFolder;
namespace fs = std::filesystem;

/// The arguments that scripts/configure.sh, in a checkout of its own, passes to CMake.
std::string configured(const fs::path& checkout) {
  const auto ran = test::run(
      "/bin/bash", {"-c", "PATH=\"$1:$PATH\" \"$0\" dev", checkout / "scripts/configure.sh", checkout / "bin"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return ran.out;
}

TEST(ConfigureScript, StartsAfreshAfterAMoveAndWithAnotherLibTorch) {
  const TemporaryFolder folder;
  for (const char* name : {"scripts", "bin", "build/dev", ".deps"}) fs::create_directories(folder / name);
  fs::copy(fs::path(GAN_SOURCE_DIR) / "scripts/configure.sh", folder / "scripts/configure.sh");
  spill(folder / "bin/cmake", "#!/bin/sh\necho \"$@\"\n");
  fs::permissions(folder / "bin/cmake", fs::perms::owner_all);
  const fs::path cache = folder / "build/dev/CMakeCache.txt", libtorch = folder / ".deps/libtorch";
  const std::string home = "CMAKE_HOME_DIRECTORY:INTERNAL=";

  EXPECT_EQ(configured(folder.path()), "--preset dev\n");
  spill(cache, "# of CMake\n" + home + folder.path().string() + "\n");
  EXPECT_EQ(configured(folder.path()), "--preset dev\n");
  spill(cache, "# of CMake\n" + home + folder.path().string() + "/before\n");
  EXPECT_EQ(configured(folder.path()), "--preset dev --fresh\n");
  spill(cache, home + folder.path().string() + "\n");
  spill(libtorch, "");
  fs::last_write_time(libtorch, fs::last_write_time(cache) + std::chrono::seconds(1));
  EXPECT_EQ(configured(folder.path()), "--preset dev --fresh\n");
}

}  // namespace
}  // namespace gan
