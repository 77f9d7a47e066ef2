// What gan-sample can be asked besides samples: walks, sums, traverses, and latents of images.

#include "gan/data/dataset.h"
#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/png.h"
#include "support/trained.h"

namespace gan {
namespace {

using test::Ran, test::refused, test::sample, test::TemporaryFolder, test::trained, testing::HasSubstr;
namespace fs = std::filesystem;

/// Runs it, which must succeed, and gives its last line.
std::string said(const std::string& model, const std::vector<std::string>& more, const fs::path& folder) {
  const Ran ran = sample(model, more, folder);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return ran.out;
}

at::Tensor drawn(const std::string& model, std::vector<std::string> more, const fs::path& folder) {
  more.insert(more.end(), {"--out", "drawn.npy"});
  said(model, more, folder);
  return read_npy(folder / "drawn.npy").to(at::kInt);
}

const std::string& digits() {
  static const std::string path = (test::mnist_tiny() / "t10k-images-idx3-ubyte.gz").string();
  return path;
}

TEST(GanSampleQueries, AWalkIsAnAnimationByDefaultAndAGridWhereAskedFor) {
  const TemporaryFolder folder;
  EXPECT_EQ(said("gan", {"--interpolate", "5,9,12", "--frames", "6"}, folder.path()),
            "samples.png: 6 samples, from seeds 5, 9, 12 and back\n");
  EXPECT_THAT(test::slurp(folder / "samples.png"), HasSubstr("acTL"));
  said("gan", {"--interpolate", "5,9,12", "--frames", "6", "--out", "walk.gif"}, folder.path());
  EXPECT_TRUE(test::slurp(folder / "walk.gif").starts_with("GIF89a"));
  said("gan", {"--interpolate", "5,9", "--frames", "4", "--out", "walk.png"}, folder.path());
  EXPECT_THAT(test::slurp(folder / "walk.png"), HasSubstr("acTL"));
  EXPECT_EQ(
      said("gan", {"--interpolate", "5,9", "--frames", "4", "--format", "grid", "--out", "grid.png"}, folder.path()),
      "grid.png: 4 samples, from seeds 5, 9 in turn\n");
  EXPECT_THAT(test::slurp(folder / "grid.png"), testing::Not(HasSubstr("acTL")));
  const at::Tensor frames = drawn("gan", {"--interpolate", "5,9", "--frames", "4"}, folder.path());
  EXPECT_TRUE(at::equal(frames[0], drawn("gan", {"--seed", "5", "--count", "1"}, folder.path())[0]));
  EXPECT_TRUE(at::equal(frames[3], drawn("gan", {"--seed", "9", "--count", "1"}, folder.path())[0]));
}

TEST(GanSampleQueries, AnySamplesCanBeFramesOfAnAnimation) {
  const TemporaryFolder folder;
  EXPECT_EQ(said("gan", {"--count", "3", "--out", "a.apng"}, folder.path()), "a.apng: 3 samples, seeds 0 to 2\n");
  EXPECT_EQ(read_png(folder / "a.apng").sizes(), at::IntArrayRef({1, 112, 112}));
}

/// What an animated PNG says of itself: how many frames.
int64_t frames_in(const fs::path& file) {
  const std::string bytes = test::slurp(file);
  const size_t at = bytes.find("acTL");
  int64_t frames = 0;
  for (size_t i = 0; at != bytes.npos && i < 4; ++i) frames = frames << 8 | static_cast<uint8_t>(bytes[at + 4 + i]);
  return frames;
}

TEST(GanSampleQueries, ATraverseAsAnAnimationShowsItsSamplesSideBySideThereAndBack) {
  const TemporaryFolder folder;
  said("gan", {"--traverse", "z[1]=-2:2", "--format", "apng", "--frames", "10", "--grid", "2x3"}, folder.path());
  EXPECT_EQ(frames_in(folder / "samples.png"), 10);
  EXPECT_EQ(read_png(folder / "samples.png").sizes(), at::IntArrayRef({1, 2 * (2 * 30 + 2), 2 * (3 * 30 + 2)}));
  said("cgan", {"--traverse", "label=0:9", "--format", "gif", "--out", "labels.gif"}, folder.path());
  EXPECT_TRUE(test::slurp(folder / "labels.gif").starts_with("GIF89a"));
  EXPECT_THAT(refused("gan", {"--traverse", "z[1]=-2:2", "--frames", "9"}), HasSubstr("--frames: of --traverse only"));
}

TEST(GanSampleQueries, AFilmShowsTheGridsOfARun) {
  const TemporaryFolder folder;
  const Ran ran = test::run("gan-sample", {"--film", test::trained("gan")}, folder.path());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "film.png: 2 grids of " + test::trained("gan").string() + "\n");
  EXPECT_EQ(frames_in(folder / "film.png"), 2);
  EXPECT_TRUE(at::equal(read_png(folder / "film.png"), read_png(test::trained("gan") / "samples/step-000000.png")));
  EXPECT_EQ(
      test::run("gan-sample", {"--film", test::trained("gan"), "--out", "f.gif", "--frames", "2"}, folder.path()).code,
      0);
  EXPECT_TRUE(test::slurp(folder / "f.gif").starts_with("GIF89a"));
}

TEST(GanSampleQueries, AFilmIsRefusedWhereThereIsNone) {
  const TemporaryFolder folder;
  const auto refusal = [&](std::vector<std::string> flags) {
    const Ran ran = test::run("gan-sample", flags, folder.path());
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(test::lines_of(ran.err).size(), 1u) << ran.err;
    EXPECT_FALSE(fs::exists(folder / "film.png"));
    return ran.err;
  };
  const std::string run = test::trained("gan").string();
  EXPECT_THAT(refusal({"--film", "none"}), HasSubstr("--film: none: no such folder"));
  EXPECT_THAT(refusal({"--film", run, "--format", "grid"}), HasSubstr("--film: makes an animation, not grid"));
  EXPECT_THAT(refusal({run, "--film", run}), HasSubstr("--checkpoint: --film does not read it"));
  EXPECT_THAT(refusal({"--film", run, "--seed", "3"}), HasSubstr("--seed: --film does not read it"));
  EXPECT_THAT(refusal({"--film", run, "--out", "film.mp4"}), HasSubstr("film.mp4: this format cannot be written"));
  fs::create_directory(folder / "bare");
  test::spill(folder / "bare/options.toml", "");
  EXPECT_THAT(refusal({"--film", "bare"}), HasSubstr("the run has no grids of samples there"));
}

TEST(GanSampleQueries, ArithmeticShowsTheTermsAndTheirSum) {
  const TemporaryFolder folder;
  EXPECT_EQ(said("gan", {"--arithmetic", "5-9+12", "--latents-out", "z.npy"}, folder.path()),
            "samples.png: 4 samples, seeds 5, 9, 12 and 5 - 9 + 12\n");
  EXPECT_EQ(read_png(folder / "samples.png").sizes(), at::IntArrayRef({1, 32, 4 * 30 + 2}));
  const at::Tensor z = read_npy_numbers(folder / "z.npy");
  EXPECT_TRUE(at::allclose(z[3], z[0] - z[1] + z[2], 1e-4, 1e-5));
}

TEST(GanSampleQueries, LatentsThatWereWrittenTakeThePlaceOfSeeds) {
  const TemporaryFolder folder;
  for (const char* model : {"cgan", "lapgan"}) {
    const at::Tensor samples = drawn(model, {"--count", "5", "--latents-out", "z.npy"}, folder.path());
    EXPECT_TRUE(at::equal(drawn(model, {"--latents", "z.npy"}, folder.path()), samples));
    EXPECT_TRUE(at::equal(
        drawn(model, {"--latents", "z.npy", "--interpolate", "1,4", "--frames", "2"}, folder.path())[0], samples[1]));
  }
}

TEST(GanSampleQueries, ATraverseHasARowASample) {
  const TemporaryFolder folder;
  EXPECT_EQ(said("infogan", {"--traverse", "code[0]=-2:2", "--grid", "2x5"}, folder.path()),
            "samples.png: 10 samples, seeds 0 to 1, code[0] from -2 to 2\n");
  EXPECT_EQ(said("cgan", {"--traverse", "label=0:9", "--latents-out", "z.npy"}, folder.path()),
            "samples.png: 100 samples, seeds 0 to 9, label from 0 to 9\n");
  const at::Tensor z = read_npy_numbers(folder / "z.npy");
  EXPECT_TRUE(at::equal(z[0].narrow(0, 0, 100), z[9].narrow(0, 0, 100)));
  EXPECT_EQ(z[9].narrow(0, 100, 10).argmax().item<int64_t>(), 9);
}

TEST(GanSampleQueries, TruncatedLatentsAreNearerToTheMiddle) {
  const TemporaryFolder folder;
  EXPECT_EQ(said("gan", {"--count", "2", "--truncation", "0.5", "--latents-out", "z.npy"}, folder.path()),
            "samples.png: 2 samples, seeds 0 to 1, truncation 0.5\n");
  EXPECT_LE(read_npy_numbers(folder / "z.npy").abs().max().item<double>(), 0.5);
}

TEST(GanSampleQueries, ImagesAreEncodedAndMadeAgain) {
  const TemporaryFolder folder;
  for (const char* model : {"bigan", "aae"}) {
    const at::Tensor images = read_idx_images(digits()).to(at::kInt);
    EXPECT_THAT(said(model, {"--encode", digits(), "--out", "z.npy"}, folder.path()),
                testing::StartsWith("z.npy: 200 rows of 6 numbers, of "));
    EXPECT_EQ(read_npy_numbers(folder / "z.npy").sizes(), at::IntArrayRef({200, 6}));
    const at::Tensor again = drawn(model, {"--reconstruct", digits()}, folder.path());
    EXPECT_EQ(again.sizes(), images.sizes());
    EXPECT_TRUE(at::equal(again, drawn(model, {"--latents", "z.npy"}, folder.path())));
    EXPECT_THAT(said(model, {"--reconstruct", digits(), "--count", "3"}, folder.path()),
                testing::StartsWith("samples.png: 3 pairs, reconstructions of "));
    EXPECT_EQ(read_png(folder / "samples.png").sizes(), at::IntArrayRef({1, 2 * 30 + 2, 3 * 30 + 2}));
  }
  said("infogan", {"--encode", digits(), "--count", "7"}, folder.path());
  const at::Tensor codes = read_npy_numbers(folder / "latents.npy");
  ASSERT_EQ(codes.sizes(), at::IntArrayRef({7, 12}));
  EXPECT_TRUE(at::allclose(codes.narrow(1, 0, 10).sum(1), at::ones({7})));
}

TEST(GanSampleQueries, AnyGeneratorIsInvertedByProjection) {
  const TemporaryFolder folder;
  const at::Tensor samples = drawn("gan", {"--count", "2", "--seed", "70000"}, folder.path());
  fs::rename(folder / "drawn.npy", folder / "images.npy");
  EXPECT_THAT(
      said("gan", {"--project", "images.npy", "--latents-out", "z.npy"}, folder.path()),
      testing::MatchesRegex("samples.png: 2 pairs, nearest to images.npy, mean squared error 0.0[0-9]+, at most "
                            "0.0[0-9]+\n"));
  EXPECT_EQ(read_npy_numbers(folder / "z.npy").sizes(), at::IntArrayRef({2, 6}));
}

TEST(GanSampleQueries, AnIdxFileOfALabelledModelHasItsLabelsBesideIt) {
  const TemporaryFolder folder;
  EXPECT_EQ(said("cgan", {"--count", "12", "--out", "train-images-idx3-ubyte", "--format", "idx"}, folder.path()),
            "train-images-idx3-ubyte: 12 samples, labels in train-labels-idx1-ubyte, seeds 0 to 11\n");
  const Dataset data = load_dataset(folder.path());
  EXPECT_EQ(data.size(), 12);
  EXPECT_TRUE(at::equal(data.labels.to(at::kLong), at::arange(12).remainder(10)));
}

TEST(GanSampleQueries, RefusesWhatDoesNotGoTogetherInOneLineAndWritesNothing) {
  const TemporaryFolder files;
  write_npy(files / "two.npy", at::zeros({3, 2}));
  write_npy(files / "nan.npy", at::full({1, 6}, NAN));
  write_npy(files / "wide.npy", at::zeros({2, 8, 8}, at::kByte));
  EXPECT_THAT(refused("gan", {"--interpolate", "5"}), HasSubstr("expected two seeds or more"));
  EXPECT_THAT(refused("gan", {"--interpolate", "5,x"}), HasSubstr("--interpolate: expected seeds"));
  EXPECT_THAT(refused("gan", {"--interpolate", "5,9", "--frames", "1"}), HasSubstr("--frames: expected 2 to"));
  EXPECT_THAT(refused("gan", {"--frames", "5"}),
              HasSubstr("--frames: only --interpolate, --traverse and --film read it"));
  EXPECT_THAT(refused("gan", {"--interpolate", "5,9", "--count", "5"}), HasSubstr("--count: the query itself"));
  EXPECT_THAT(refused("gan", {"--interpolate", "5,9", "--grid", "2x2"}), HasSubstr("--grid: only --format grid"));
  EXPECT_THAT(refused("gan", {"--interpolate", "5,9", "--arithmetic", "1+2"}), HasSubstr("excludes --interpolate"));
  EXPECT_THAT(refused("gan", {"--arithmetic", "5"}), HasSubstr("expected two seeds or more"));
  EXPECT_THAT(refused("gan", {"--arithmetic", "5--9"}), HasSubstr("--arithmetic: expected seeds"));
  EXPECT_THAT(refused("gan", {"--traverse", "z[99]=0:1"}), HasSubstr("--traverse: expected z[0] to z[5]"));
  EXPECT_THAT(refused("gan", {"--traverse", "z[0]=0"}), HasSubstr("--traverse: expected PART[i]=FROM:TO"));
  EXPECT_THAT(refused("gan", {"--interpolate", "1,2", "--format", "grid", "--grid", "2x3", "--frames", "60"}),
              HasSubstr("--grid 2x3 has 6 places for --frames 60"));
  EXPECT_THAT(refused("cgan", {"--traverse", "label=0:1e30"}), HasSubstr("--traverse: expected a label from 0 to 9"));
  EXPECT_THAT(refused("cgan", {"--traverse", "label=0:9", "--grid", "3x5"}),
              HasSubstr("10 classes, a column each, not 5"));
  EXPECT_THAT(refused("cgan", {"--traverse", "label=0:9", "--label", "3"}),
              HasSubstr("--label: --traverse moves label"));
  EXPECT_THAT(refused("cgan", {"--interpolate", "1,2", "--label", "1,2"}), HasSubstr("keeps one label all the way"));
  EXPECT_THAT(refused("cgan", {"--label", "3", "--code", "label=4"}), HasSubstr("label is set a second time"));
  EXPECT_THAT(refused("gan", {"--traverse", "z[0]=1e39:2"}), HasSubstr("too large a number"));
  EXPECT_THAT(refused("infogan", {"--code", "code=1e39,0"}), HasSubstr("too large a number for code"));
  EXPECT_THAT(refused("gan", {"--label", ""}), HasSubstr("--label: expected a text, got an empty one"));
  EXPECT_THAT(refused("bigan", {"--encode", digits(), "--out", "z.png"}), HasSubstr("--encode writes a NumPy file"));
  EXPECT_THAT(refused("gan", {"--truncation", "0"}), HasSubstr("--truncation: expected a number above 0"));
  EXPECT_THAT(refused("gan", {"--encode", digits()}), HasSubstr("--encode: this model has no encoder"));
  EXPECT_THAT(refused("infogan", {"--reconstruct", digits()}), HasSubstr("reads codes off images, not latents"));
  EXPECT_THAT(refused("bigan", {"--reconstruct", digits(), "--label", "3"}), HasSubstr("--label: the latents come"));
  EXPECT_THAT(refused("bigan", {"--encode", digits(), "--format", "idx"}), HasSubstr("--encode writes a NumPy file"));
  EXPECT_THAT(refused("bigan", {"--encode", files / "wide.npy"}), HasSubstr("expected images of 1x28x28"));
  EXPECT_THAT(refused("gan", {"--project", files.path()}), HasSubstr("--project: "));
  EXPECT_THAT(refused("gan", {"--latents-out", "/proc/x.npy"}), HasSubstr("--latents-out: /proc/x.npy: cannot write"));
  EXPECT_THAT(refused("aae", {"--nice"}), HasSubstr("--nice: this model's discriminator judges latents"));
  EXPECT_THAT(refused("gan", {"--latents", files / "two.npy"}), HasSubstr("expected rows of 6 numbers, got 3x2"));
  EXPECT_THAT(refused("gan", {"--latents", files / "nan.npy"}), HasSubstr("expected finite numbers"));
  EXPECT_THAT(refused("gan", {"--latents", digits()}), HasSubstr("not a NumPy file"));
  EXPECT_THAT(refused("gan", {"--latents", files / "two.npy", "--seed", "3"}),
              HasSubstr("--seed: --latents has no seeds"));
}

TEST(GanSampleQueries, OnlyEarlierFilesOfTheirKindAreReplaced) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& model, const std::vector<std::string>& flags) {
    const auto before = test::names_in(folder.path());
    const Ran ran = sample(model, flags, folder.path());
    EXPECT_EQ(ran.code, 2) << ran.out;
    EXPECT_EQ(test::lines_of(ran.err).size(), 1u) << ran.err;
    EXPECT_EQ(test::names_in(folder.path()), before);
    return ran.err;
  };
  test::spill(folder / "notes.npy", "a text");
  test::spill(folder / "a-labels.idx", "a text");
  EXPECT_THAT(refused("gan", {"--latents-out", "notes.npy"}), HasSubstr("--latents-out: notes.npy: is a text"));
  EXPECT_THAT(refused("cgan", {"--out", "a.idx"}), HasSubstr("labels: a-labels.idx: is a text"));
  EXPECT_EQ(test::slurp(folder / "notes.npy"), "a text");
  write_idx(folder / "train-images-idx3-ubyte", at::zeros({2, 28, 28}, at::kByte));
  EXPECT_THAT(refused("gan", {"--format", "idx", "--out", "train-images-idx3-ubyte"}),
              HasSubstr("may be the images of a data set"));
}

TEST(GanSampleQueries, WhatIsReadIsNotWrittenNorWrittenTwice) {
  const TemporaryFolder folder;
  said("gan", {"--count", "2", "--latents-out", "z.npy", "--out", "im.npy"}, folder.path());
  fs::create_symlink("z.npy", folder / "link.npy");
  const auto refused = [&](const std::vector<std::string>& flags) {
    const Ran ran = sample("gan", flags, folder.path());
    EXPECT_EQ(ran.code, 2) << ran.out;
    return ran.err;
  };
  EXPECT_THAT(refused({"--latents", "z.npy", "--out", "./z.npy"}), HasSubstr("--out: z.npy is --latents itself"));
  EXPECT_THAT(refused({"--latents", "z.npy", "--out", "link.npy"}), HasSubstr("is --latents itself"));
  EXPECT_THAT(refused({"--project", "im.npy", "--out", "im.npy"}), HasSubstr("--out: im.npy is the images itself"));
  EXPECT_THAT(refused({"--project", "im.npy", "--latents-out", "im.npy"}), HasSubstr("is the images itself"));
  EXPECT_THAT(refused({"--latents-out", "b.npy", "--out", (folder / "b.npy").string()}), HasSubstr("is --out, too"));
  EXPECT_THAT(refused({"--latents-out", "samples.png"}), HasSubstr("--latents-out: samples.png is --out, too"));
}

TEST(GanSampleQueries, AWalkIsAnAnimationInAFolderTooAndFillsAGrid) {
  const TemporaryFolder folder;
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(said("gan", {"--interpolate", "1,2", "--frames", "3", "--out", "walks/"}, folder.path()),
                testing::StartsWith("walks/samples.png: 3 samples"));
  }
  EXPECT_THAT(said("gan", {"--interpolate", "1,2", "--format", "grid", "--grid", "2x3"}, folder.path()),
              testing::StartsWith("samples.png: 6 samples"));
  said("gan", {"--interpolate", "1,2", "--frames", "11", "--format", "png", "--out", "frames"}, folder.path());
  EXPECT_EQ(test::names_in(folder / "frames").front(), "frame-00.png");
  EXPECT_THAT(said("bigan", {"--encode", digits(), "--out", "new/z.npy"}, folder.path()),
              testing::StartsWith("new/z.npy: 200 rows of 6 numbers"));
}

TEST(GanEvalFamilies, AreJudgedByWhatTheyPromise) {
  const auto judged = [](const char* model) {
    const Ran ran = test::run(
        "gan-eval", {trained(model), "--data", test::mnist_tiny(), "--count", "200", "--threads", "1", "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  };
  EXPECT_THAT(judged("cgan"), testing::AllOf(HasSubstr("\"label_accuracy\""), HasSubstr("\"mnist_class_fd\"")));
  EXPECT_THAT(judged("infogan"), testing::AllOf(HasSubstr("\"category_accuracy\""), HasSubstr("\"code0_movement\""),
                                                HasSubstr("\"code1_movement\"")));
  for (const char* model : {"bigan", "aae"}) {
    EXPECT_THAT(judged(model),
                testing::AllOf(HasSubstr("\"neighbour_accuracy\""), HasSubstr("\"reconstruction_accuracy\""),
                               testing::ContainsRegex("\"reconstruction_error\": .\"value\": 0\\.[0-9e-]+, \"error\": "
                                                      "[0-9.e-]+, \"real\": null"),
                               HasSubstr("\"prior_mean\""), HasSubstr("\"prior_deviation\"")));
  }
  EXPECT_THAT(judged("gan"),
              testing::AllOf(testing::Not(HasSubstr("_accuracy")), HasSubstr("\"d_score\""),
                             testing::ContainsRegex("\"equilibrium\": \"D gives 0\\.[0-9]+ to real examples and ")));
}

}  // namespace
}  // namespace gan
