// gan-sample as a user runs it.

#include "gan/data/idx.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

/// A generator trained for a few steps, made once.
const fs::path& trained(const std::string& recipe = "dcgan") {
  static const TemporaryFolder folder;
  static std::map<std::string, fs::path> made;
  if (!made.contains(recipe)) {
    std::vector<std::string> arguments{"--recipe",  recipe,    "--data", test::mnist_tiny(), "--batch-size",
                                       "8",         "--steps", "4",      "--init",           "xavier",
                                       "--threads", "1",       "--out",  folder / recipe};
    if (recipe.starts_with("dcgan")) {  // sampling with another eps would give other images
      arguments.insert(arguments.end(), {"--base-channels", "2", "--norm-eps", "0.3"});
    }
    const Ran ran = test::run("gan-train", arguments);
    if (ran.code != 0) throw std::runtime_error(ran.err);
    made[recipe] = folder / recipe / "g.pt";
  }
  return made[recipe];
}

Ran sample(std::vector<std::string> more, const fs::path& working_folder, const fs::path& checkpoint = trained()) {
  more.insert(more.begin(), {"--checkpoint", checkpoint.string()});
  return test::run("gan-sample", more, working_folder);
}

TEST(GanSample, WritesASquareGridAndSaysSo) {
  const TemporaryFolder folder;
  const Ran ran = sample({}, folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "samples.png: 64 samples, seeds 0 to 63\n");
  EXPECT_TRUE(fs::exists(folder / "samples.png"));
}

TEST(GanSample, DrawsTheTilesOfTheTrainingGrids) {
  const TemporaryFolder folder;
  ASSERT_EQ(sample({"--grid", "8x8"}, folder.path()).code, 0);
  EXPECT_EQ(test::slurp(folder / "samples.png"), test::slurp(trained().parent_path() / "samples/step-000004.png"));
}

TEST(GanSample, ATileDrawnFromItsSeedIsTheTileOfTheSet) {
  const TemporaryFolder folder;
  ASSERT_EQ(sample({"--format", "idx", "--count", "70"}, folder.path()).code, 0);
  ASSERT_EQ(sample({"--format", "idx", "--count", "1", "--seed", "66", "--out", "one.idx"}, folder.path()).code, 0);
  EXPECT_TRUE(at::equal(read_idx(folder / "samples.idx")[66], read_idx(folder / "one.idx")[0]));
}

TEST(GanSample, AFileFromBeforePhiloxDrawsWhatItDrew) {
  const TemporaryFolder folder;
  const fs::path old = GAN_SOURCE_DIR "/tests/fixtures/mt19937";
  ASSERT_EQ(sample({"--format", "idx", "--count", "4", "--seed", "65334"}, folder.path(), old / "g.pt").code, 0);
  const auto read = [](const fs::path& path) { return read_idx(path).to(at::kInt); };
  const at::Tensor difference = read(folder / "samples.idx") - read(old / "seeds-65334-to-65337.idx");
  EXPECT_LE(difference.abs().max().item<int>(), 1);  // another processor may round differently
}

TEST(GanSample, SeedsThatMt19937TookForOneDrawDifferentSamples) {
  const TemporaryFolder folder;
  const auto draw = [&](const std::string& seed) {
    EXPECT_EQ(sample({"--count", "1", "--seed", seed, "--out", seed + ".png"}, folder.path()).code, 0);
    return test::slurp(folder / (seed + ".png"));
  };
  EXPECT_NE(draw("65336"), draw("81207"));
  EXPECT_NE(draw("1"), draw("4294967297"));           // 2^32 + 1
  EXPECT_NE(draw("1"), draw("4611686018427387904"));  // 2^62
}

// MKL's first call raced in every sixth process of two threads on a processor with AVX-512.
TEST(GanSample, EveryProcessDrawsTheSameSamples) {
  const TemporaryFolder folder;
  sample({"--out", "first.png", "--threads", "2"}, folder.path());
  for (int i = 0; i < 12; ++i) {
    sample({"--out", "again.png", "--threads", "2"}, folder.path());
    ASSERT_EQ(test::slurp(folder / "again.png"), test::slurp(folder / "first.png"));
  }
}

TEST(GanSample, ADifferentSeedGivesDifferentSamples) {
  const TemporaryFolder folder;
  sample({"--out", "a.png"}, folder.path()), sample({"--out", "b.png", "--seed", "64"}, folder.path());
  EXPECT_NE(test::slurp(folder / "a.png"), test::slurp(folder / "b.png"));
}

TEST(GanSample, NicePicksFromAsManyAsTheFactorSays) {
  const TemporaryFolder folder;
  const Ran ran =
      sample({"--nice", "--nice-factor", "5", "--count", "3", "--format", "png", "--out", "nice"}, folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, testing::MatchesRegex("nice: 3 samples, seeds [0-9]+ [0-9]+ [0-9]+\n"));
  size_t files = 0;
  for (const auto& file : fs::directory_iterator(folder / "nice")) {
    EXPECT_THAT(file.path().filename().string(), testing::MatchesRegex("seed-(1[0-4]|[0-9])\\.png"));
    ++files;
  }
  EXPECT_EQ(files, 3u);
}

TEST(GanSample, ARunsFolderAndAFileWithoutTheFlagNameTheGenerator) {
  const TemporaryFolder folder;
  ASSERT_EQ(sample({"--out", "a.png"}, folder.path()).code, 0);
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {trained()}, {trained().parent_path()}, {"--checkpoint", trained().parent_path()}}) {
    fs::remove(folder / "samples.png");
    const Ran ran = test::run("gan-sample", arguments, folder.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(test::slurp(folder / "samples.png"), test::slurp(folder / "a.png"));
  }
}

TEST(GanSample, TheNameOfTheFileTellsItsFormat) {
  const TemporaryFolder folder;
  for (const auto& [name, magic] : {std::pair{"a.npy", "\x93NUMPY"}, {"a.PNG", "\x89PNG"}, {"a.idx.gz", "\x1f\x8b"}}) {
    EXPECT_EQ(sample({"--count", "2", "--out", name}, folder.path()).code, 0);
    EXPECT_THAT(test::slurp(folder / name), StartsWith(magic));
  }
  EXPECT_EQ(sample({"--count", "2", "--out", "a.idx"}, folder.path()).code, 0);
  EXPECT_EQ(read_idx(folder / "a.idx").sizes(), (std::vector<int64_t>{2, 28, 28}));
  EXPECT_TRUE(at::equal(read_idx(folder / "a.idx"), read_idx(folder / "a.idx.gz")));
}

TEST(GanSample, ManySamplesTakeNoMoreMemoryThanAFew) {
  const TemporaryFolder folder;
  const auto peak = [&](const char* count, const char* out) {
    const Ran ran = sample({"--count", count, "--out", out, "--threads", "1"}, folder.path());
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.peak_bytes;
  };
  const int64_t few = peak("2000", "few.npy");
  for (const char* out : {"many.npy", "many.idx"}) {
    EXPECT_LT(peak("60000", out) - few, 30 << 20) << out;  // as bytes they are 47 MB, as floats 188
    EXPECT_GT(fs::file_size(folder / out), 60000u * 784);
  }
}

TEST(GanSample, WritesIntoAFolderThatIsThere) {
  const TemporaryFolder folder;
  EXPECT_THAT(sample({"--format", "npy", "--count", "2", "--out", folder.path()}, folder.path()).out,
              HasSubstr("samples.npy: 2 samples"));
  const std::string bytes = test::slurp(folder / "samples.npy");
  EXPECT_THAT(bytes, StartsWith("\x93NUMPY\x01"));
  EXPECT_THAT(bytes, HasSubstr("'shape': (2,1,28,28,)"));
  EXPECT_EQ(bytes.size(), 128u + 2 * 784);
}

TEST(GanSample, APlaceThatCannotBeWrittenIsFoundBeforeTheWork) {
  const TemporaryFolder folder;
  test::spill(folder / "file", "");
  fs::create_directory(folder / "samples.png");
  fs::create_symlink("/dev/full", folder / "device");
  for (const auto& [format, out] :
       {std::pair{"grid", "file/a.png"}, {"png", "file"}, {"idx", "file/below/a.idx"}, {"npy", "device"}}) {
    // Ten million samples would take hours.
    const Ran ran = test::run("gan-sample", {"--checkpoint", trained(), "--format", format, "--out", folder / out,
                                             "--count", std::string(format) == "grid" ? "10000" : "10000000"});
    EXPECT_EQ(ran.code, 2) << out;
    EXPECT_THAT(ran.err, HasSubstr("error: --out: ")) << out;
    EXPECT_LT(ran.cpu_seconds, 2) << out;
  }
}

TEST(GanSample, APathWhoseHomeTheShellLeftUnexpandedMakesNoFolderOfThatName) {
  const TemporaryFolder folder;
  const Ran ran = sample({"--out=~/x.png"}, folder.path());
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("--out: expected a path, got '~/x.png', in which the shell did not expand ~"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
  fs::create_directory(folder / "~");
  EXPECT_EQ(sample({"--out=~/x.png"}, folder.path()).code, 0);  // it exists, so the user means it
}

TEST(GanSample, RawAndAveragedWeightsDiffer) {
  const TemporaryFolder folder;
  sample({"--out", "a.png"}, folder.path()), sample({"--out", "b.png", "--weights", "raw"}, folder.path());
  EXPECT_NE(test::slurp(folder / "a.png"), test::slurp(folder / "b.png"));
}

void expect_refusal(const std::vector<std::string>& arguments, const std::string& expected) {
  const TemporaryFolder folder;
  const Ran ran = test::run("gan-sample", arguments, folder.path());
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_THAT(ran.err, StartsWith("gan-sample: error: "));
  EXPECT_THAT(ran.err, HasSubstr(expected));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(GanSample, RefusesWrongUse) {
  const std::string checkpoint = trained();
  expect_refusal({}, "--checkpoint: expected a run's g.pt, got nothing (gan-sample runs/00000-dcgan draws");
  expect_refusal({"--checkpoint", "none.pt"}, "none.pt: no such file");
  expect_refusal({"--checkpoint", test::mnist_tiny()}, "expected a file, got a folder");
  expect_refusal({"--checkpoint", test::mnist_tiny() / "train-labels-idx1-ubyte.gz"}, "not a zip file");
  expect_refusal({"--checkpoint", trained().parent_path() / "checkpoints/step-000004.pt"},
                 "expected a 'gan generator'");
  expect_refusal({"--checkpoint", checkpoint, "--count", "-1"}, "--count: expected 0 to 10000000, got -1");
  expect_refusal({"--checkpoint", checkpoint, "--count", "10", "--grid", "3x3"},
                 "--grid 3x3 has 9 places for --count 10");
  expect_refusal({"--checkpoint", checkpoint, "--out", checkpoint}, "is the checkpoint itself");
  const auto run = trained().parent_path();
  for (const fs::path& file : {run / "checkpoints/step-000004.pt", run / "metrics.jsonl", run / "options.toml"}) {
    for (const char* format : {"grid", "npy", "idx"}) {
      expect_refusal({"--checkpoint", checkpoint, "--out", file, "--format", format}, file.string() + ": is ");
    }
  }
  expect_refusal(
      {"--checkpoint", checkpoint, "--nice", "--count", "20000", "--nice-factor", "10000", "--format", "npy"},
      "--count times --nice-factor: expected at most 100000000");
  expect_refusal({"--checkpoint", checkpoint, "--count", "10001"}, "--count: expected at most 10000 in a grid");
  expect_refusal({"--checkpoint", checkpoint, "--format", "jpg"},
                 "--format: expected grid|png|idx|npy|gif|apng, got 'jpg'");
  expect_refusal({"--checkpoint", checkpoint, "--out", "-"}, "--out -: samples are not written to the standard output");
  expect_refusal({"--checkpoint", checkpoint, "--out", "a.jpg"},
                 "a.jpg: this format cannot be written (use .png, .gif");
  expect_refusal({"--checkpoint", checkpoint, "--out", "a.npy", "--format", "grid"},
                 "--format grid writes another kind");
  expect_refusal({"--checkpoint", checkpoint, "--out", "a.png", "--format", "png"}, "--format png writes a folder");
  expect_refusal({"--checkpoint", checkpoint, "--nice-by", "rank"}, "--nice-by: only --nice reads it");
  expect_refusal({"--checkpoint", checkpoint, "--nice-by", "luck"}, "--nice-by: expected typical|rank, got 'luck'");
  expect_refusal({"--checkpoint", checkpoint, "--out", "/proc/samples.png"}, "/proc/samples.png");
}

class EveryArch : public testing::TestWithParam<std::string> {};

// Networks written independently in PyTorch load g.pt and must draw the same images from the same seeds.
TEST_P(EveryArch, PythonOpensTheFileAndDrawsTheSameImages) {
  if (std::string(GAN_TEST_PYTHON).empty()) GTEST_SKIP() << "no Python with torch was found by scripts/setup.sh";
  const TemporaryFolder folder;
  ASSERT_EQ(sample({"--format", "idx", "--count", "20", "--seed", "5"}, folder.path(), trained(GetParam())).code, 0);
  const Ran python = test::run(GAN_TEST_PYTHON, {GAN_SOURCE_DIR "/tests/python/reference.py", "sample",
                                                 trained(GetParam()).string(), "5", "20", folder / "python"});
  ASSERT_EQ(python.code, 0) << python.err;
  const at::Tensor ours = read_idx(folder / "samples.idx").to(at::kInt).flatten();
  const std::string bytes = test::slurp(folder / "python");
  ASSERT_EQ(bytes.size(), static_cast<size_t>(ours.numel()));
  const at::Tensor theirs = at::empty({ours.numel()}, at::kByte);
  std::copy(bytes.begin(), bytes.end(), static_cast<char*>(theirs.data_ptr()));
  EXPECT_GT(ours.to(at::kFloat).std().item<float>(), 0);
  EXPECT_LE((ours - theirs.to(at::kInt)).abs().max().item<int>(), 1);  // a value between two bytes may round either way
}

INSTANTIATE_TEST_SUITE_P(, EveryArch, testing::Values("dcgan", "dcgan-wide", "upconv", "mlp", "mlp-smooth"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace gan
