// How the programs start: which libraries they load (none from the working folder, and no other LibTorch without a
// warning), and what they say if the working folder is gone.

#include "gan/base/version.h"

#include <sstream>

#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::spill;
using test::TemporaryFolder;
using testing::HasSubstr;

constexpr const char* kPrograms[] = {"gan-train", "gan-sample", "gan-eval", "gan-export"};

TEST(Libraries, OfTheWorkingFolderAreNotLoaded) {
  const TemporaryFolder folder;
  for (const char* name : {"libz.so.1", "libtorch.so", "libtorch_cpu.so", "libc10.so", "libgomp.so.1"}) {
    spill(folder / name, "");
  }
  for (const char* program : kPrograms) {
    const Ran ran = test::run(program, {"--version"}, folder.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
}

TEST(Programs, InAWorkingFolderThatIsGoneSaySo) {
  for (const char* program : kPrograms) {
    const TemporaryFolder folder;
    const std::string script = "cd \"$1\" && rmdir \"$1\" && exec \"$0\" --version";
    std::filesystem::create_directory(folder / "gone");
    const Ran ran = test::run("/bin/bash", {"-c", script, test::fs::path(GAN_BINARY_DIR) / program, folder / "gone"});
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(ran.err, "error: the working folder is no longer there, or closed to this user: go to another one\n");
  }
}

/// The folders in a program's library search path, one per line.
std::string library_path_of(const std::string& program) {
  const std::string script = R"(readelf -d "$0" | sed -n 's/.*R[UN]*PATH.*\[\(.*\)\]/\1/p' | tr : '\n')";
  return test::run("/bin/bash", {"-c", script, program}).out;
}

TEST(Libraries, AreLookedForInNoFolderWithoutAFullPath) {
  for (const char* program : {"gan-train", "gan-sample", "gan-eval", "gan-export", "tests/gan_tests"}) {
    std::istringstream path(library_path_of(test::fs::path(GAN_BINARY_DIR) / program));
    int folders = 0;
    for (std::string folder; std::getline(path, folder); ++folders) {
      EXPECT_TRUE(folder.starts_with("/") || folder.starts_with("$ORIGIN/")) << program << ": '" << folder << "'";
    }
    EXPECT_GE(folders, 2) << program;
  }
}

TEST(LibTorch, IsOfTheVersionThatItsFolderNames) {
  const TemporaryFolder wheel, zip, none;
  spill(wheel / "version.py",
        "from typing import Optional\n\n__all__ = ['__version__']\n__version__ = '2.6.1+cu124'\n");
  spill(zip / "build-version", "2.7.0+cpu\n");
  EXPECT_EQ(libtorch_version_in(wheel.path()), "2.6.1");
  EXPECT_EQ(libtorch_version_in(zip.path()), "2.7.0");
  EXPECT_EQ(libtorch_version_in(none.path()), "");
}

TEST(LibTorch, AnotherThanTheOneBuiltWithIsNamed) {
  // Links to the same libraries, in a folder that claims another version.
  EXPECT_EQ(libtorch_mismatch(), "");
  const TemporaryFolder folder;
  std::istringstream path(library_path_of(test::fs::path(GAN_BINARY_DIR) / "gan-train"));
  std::string libraries;
  while (std::getline(path, libraries) && !test::fs::exists(libraries + "/libtorch_cpu.so")) continue;
  ASSERT_TRUE(test::fs::exists(libraries + "/libtorch_cpu.so"));
  test::fs::create_directory_symlink(libraries, folder / "lib");
  spill(folder / "version.py", "__version__ = '2.6.0+cpu'\n");
  const std::string script = "LD_LIBRARY_PATH=\"$1\" exec \"$0\" --version";
  const Ran ran = test::run("/bin/bash", {"-c", script, test::fs::path(GAN_BINARY_DIR) / "gan-sample", folder / "lib"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("gan-sample: warning: built with LibTorch "));
  EXPECT_THAT(ran.err, HasSubstr("but 2.6.0 is loaded, from " + folder.path().string()));
  EXPECT_THAT(ran.out, HasSubstr("(LibTorch 2.6.0, built with " + libtorch_built_with() + ")\n"));
}

}  // namespace
}  // namespace gan
