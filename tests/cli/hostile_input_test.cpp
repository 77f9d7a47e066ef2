// Malicious files: each gives one clear line and exit code 2, at once and in little memory.

#include <sys/stat.h>

#include <map>

#include "gan/base/archive.h"
#include "gan/base/gan_file.h"
#include "gan/data/idx.h"
#include "gan/training/recipes.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::HasSubstr;
namespace fs = std::filesystem;

// Memory beyond that of starting the program: LibTorch's libraries take 110 MB, with CUDA 500.
#ifdef __SANITIZE_ADDRESS__
constexpr int64_t kMostBytes = 800'000'000;
#else
constexpr int64_t kMostBytes = 90'000'000;
#endif
constexpr double kMostSeconds = 1;  // of CPU time: wall time also counts other processes

int64_t bytes_of_a_start(const std::string& program) {
  static std::map<std::string, int64_t> bytes;
  if (!bytes.contains(program)) bytes[program] = test::run(program, {"--version"}).peak_bytes;
  return bytes[program];
}

void expect_harmless(const std::string& program, const std::vector<std::string>& arguments,
                     const std::string& expected) {
  const TemporaryFolder folder;
  const Ran ran = test::run(program, arguments, folder.path());
  const std::string what = program + " " + arguments[0] + " " + arguments[1];
  EXPECT_EQ(ran.code, 2) << what << ": " << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(expected)) << what;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << what << ": " << ran.err;
  EXPECT_LT(ran.peak_bytes, bytes_of_a_start(program) + kMostBytes) << what;
  EXPECT_LT(ran.cpu_seconds, kMostSeconds) << what;
  EXPECT_TRUE(fs::is_empty(folder.path())) << what;
}

/// The path of the file for each flag that takes one.
void expect_harmless_everywhere(const fs::path& path, const std::string& expected) {
  expect_harmless("gan-train", {"--data", path}, expected);
  expect_harmless("gan-train", {"--config", path}, expected);
  expect_harmless("gan-sample", {"--checkpoint", path}, expected);
}

TEST(HostileInput, WhatIsNoFileIsNamed) {
  const TemporaryFolder folder;
  ::mkfifo((folder / "pipe").c_str(), 0600);
  fs::create_symlink(folder / "loop", folder / "loop");
  expect_harmless_everywhere("/dev/zero", "expected a file, got a device");
  expect_harmless_everywhere(folder / "pipe", "expected a file, got a pipe");
  expect_harmless_everywhere(folder / "loop", "Too many levels of symbolic links");
  expect_harmless_everywhere(folder / "two\nlines",
                             "expected no control characters, got '" + (folder / "two\\nlines").string());
  expect_harmless("gan-train", {"--config", folder.path()}, "expected a file, got a folder");
  expect_harmless("gan-sample", {"--checkpoint", folder.path()}, "expected a file, got a folder");
  expect_harmless("gan-train", {"--data", folder.path()}, "nor train-images-idx3-ubyte");
}

TEST(HostileInput, AnEmptyFileIsNeitherDataNorCheckpoint) {
  const TemporaryFolder folder;
  test::spill(folder / "empty", "");
  expect_harmless("gan-train", {"--data", folder / "empty"}, "not an IDX file");
  expect_harmless("gan-sample", {"--checkpoint", folder / "empty"}, "not a zip file");
}

TEST(HostileInput, ASparseFileOfATerabyteIsNotRead) {
  const TemporaryFolder folder;
  test::spill(folder / "sparse", "PK\x03\x04");
  fs::resize_file(folder / "sparse", uintmax_t{1} << 40);
  expect_harmless("gan-train", {"--data", folder / "sparse"}, "not a zip archive, or a truncated one");
  expect_harmless("gan-train", {"--config", folder / "sparse"}, "expected at most 1048576 bytes");
  expect_harmless("gan-sample", {"--checkpoint", folder / "sparse"}, "expected at most 4294967295 bytes");
}

std::string idx_header(uint32_t images) {
  std::string bytes{0, 0, 8, 3};
  for (const uint32_t size : {images, 28u, 28u}) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  }
  return bytes;
}

TEST(HostileInput, AHeaderThatClaimsFourBillionImagesIsRefused) {
  const TemporaryFolder folder;
  test::spill(folder / "plain", idx_header(UINT32_MAX) + "some pixels");
  expect_harmless("gan-train", {"--data", folder / "plain"}, "4294967295 x 28 x 28");
}

TEST(HostileInput, AGzipBombIsRefused) {
  const TemporaryFolder folder;
  // 1.6 GB of zeros in 1.6 MB of concatenated gzip files, with and without that size in the IDX header.
  const std::string pack =
      "head -c 64000000 /dev/zero | gzip -1 > zeros; { printf \"$0\" | gzip; for i in {1..25}; do cat zeros; done; } > "
      "\"$1\"";
  for (const auto& [name, header, expected] :
       {std::tuple{"told", "\\000\\000\\010\\003\\000\\035\\063\\010\\000\\000\\000\\034\\000\\000\\000\\034",
                   "a gzip bomb"},
        {"untold", "\\000\\000\\010\\003\\000\\000\\000\\001\\000\\000\\000\\034\\000\\000\\000\\034", "too long"},
        {"more", "\\000\\000\\010\\003\\377\\377\\377\\377\\000\\000\\000\\034\\000\\000\\000\\034", "can hold"}}) {
    ASSERT_EQ(test::run("/bin/bash", {"-c", pack, header, folder / name}, folder.path()).code, 0);
    expect_harmless("gan-train", {"--data", folder / name}, expected);
  }
}

TEST(HostileInput, ASmallCheckpointThatAsksForMuchMemoryIsRefused) {
  const TemporaryFolder folder;
  write_gan_file(folder / "g.pt", GanFile::generator,
                 {{{"options", to_dict(find_recipe("mlp").options)},
                   {"image_shape", image_shape_to_dict({3, 4096, 4096})},
                   {"step", int64_t{1}},
                   {"generator", Dict{}},
                   {"generator_raw", Dict{}},
                   {"discriminator", Dict{}}}});
  ASSERT_LT(fs::file_size(folder / "g.pt"), 4000u);
  expect_harmless("gan-sample", {"--checkpoint", folder / "g.pt"}, "more than the 0 weights that it holds");
}

TEST(HostileInput, ACheckpointThatAsksForMuchMemoryIsRefusedAtAResumeAndAFork) {
  const TemporaryFolder folder;
  fs::copy(GAN_SOURCE_DIR "/tests/fixtures/before-sections", folder / "run", fs::copy_options::recursive);
  const fs::path checkpoint = folder / "run/checkpoints/step-000003.pt";
  const Dict small = read_archive(checkpoint);
  const Dict wide = test::with(small, {"options", "base-channels"}, int64_t{1024});
  write_archive(checkpoint, test::with(wide, {"options", "latent-size"}, int64_t{65536}));
  for (const char* flag : {"--resume", "--fork"}) {
    expect_harmless("gan-train", {flag, folder / "run", "--data", test::mnist_tiny(), "--threads", "1"},
                    "step-000003.pt: the networks that its options describe have more than the ");
  }
}

TEST(HostileInput, ARunFolderOfHostileFilesIsRefused) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "run/checkpoints");
  test::spill(folder / "run/options.toml", "batch-size = 64");
  fs::create_symlink("/dev/zero", folder / "run/checkpoints/step-000002.pt");
  expect_harmless("gan-train", {"--resume", folder / "run"}, "expected a file, got a device");
  fs::create_symlink(folder / "run/checkpoints/step-000003.pt", folder / "run/checkpoints/step-000003.pt");
  expect_harmless("gan-train", {"--fork", folder / "run"}, "no checkpoint is whole");
}

}  // namespace
}  // namespace gan
