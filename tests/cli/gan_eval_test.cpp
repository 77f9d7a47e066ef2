// gan-eval as a user runs it.

#include "gan/data/idx.h"
#include "gan/data/npy.h"
#include "gan/images/png.h"
#include "gan/run/model_file.h"
#include "support/test.h"

namespace gan {
namespace {

using test::Ran, test::TemporaryFolder;
using testing::ContainsRegex, testing::HasSubstr, testing::StartsWith;
namespace fs = std::filesystem;

Ran eval(std::vector<std::string> arguments, const fs::path& working_folder = ".") {
  arguments.insert(arguments.end(), {"--data", test::mnist_tiny(), "--threads", "1"});
  return test::run("gan-eval", arguments, working_folder);
}

void expect_refusal(const std::vector<std::string>& arguments, const std::string& expected) {
  const TemporaryFolder folder;
  const Ran ran = eval(arguments, folder.path());
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, StartsWith("gan-eval: error: "));
  EXPECT_THAT(ran.err, HasSubstr(expected));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

/// An untrained generator.
void write_untrained(const fs::path& path, ImageShape images = {}, const std::string& data = test::mnist_tiny()) {
  Options options;
  options.data = data;
  options.network = {.arch = Arch::dcgan, .base_channels = 1};
  options.latent.size = 4, options.batch_size = 1;
  const Dataset one{at::zeros({1, images.channels, images.height, images.width}, at::kByte), {}};
  write_model(path, Training(options, one, Budget::of_run()));
}

TEST(GanEval, JudgesAGeneratorBesideRealImages) {
  const TemporaryFolder folder;
  write_untrained(folder / "g.pt");
  const Ran ran = eval({"--checkpoint", folder / "g.pt", "--count", "200", "--picture", folder / "near.png"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("200 samples, judged by the classifier of mnist (accuracy 99."));
  for (const char* name : {"mnist_fd", "mnist_kd", "classifier_score", "confidence", "precision", "recall", "density",
                           "coverage", "pairwise_distance", "nearest_distance", "memorised", "classes, %"}) {
    EXPECT_THAT(ran.out, HasSubstr(name));
  }
  EXPECT_THAT(test::slurp(folder / "near.png"), StartsWith("\x89PNG"));
}

TEST(GanEval, ARunsFolderNamesItsGenerator) {
  const TemporaryFolder folder;
  write_untrained(folder / "g.pt");
  const Ran file = eval({folder / "g.pt", "--count", "100", "--json"}),
            run = eval({folder.path(), "--count", "100", "--json"});
  EXPECT_EQ(file.code, 0) << file.err;
  EXPECT_EQ(run.out, file.out);
}

TEST(GanEval, TellsWhereItIsAndThatAFileHoldsFewerThanAsked) {
  const TemporaryFolder folder;
  write_idx(folder / "a.idx", load_dataset(test::mnist_tiny()).images.narrow(0, 0, 150));
  const Ran ran = eval({"--samples", folder / "a.idx", "--count", "200"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(
      ran.err,
      HasSubstr("a.idx holds 150 samples, not 200: distances are comparable only for equal numbers of samples\n"));
  EXPECT_THAT(ran.err, HasSubstr("judging, 1 of 3: scores of 150 samples\njudging, 2 of 3: "));
  EXPECT_THAT(eval({"--samples", folder / "a.idx", "--count", "150"}).err, testing::Not(HasSubstr("holds")));
}

TEST(GanEval, MoreSamplesThanRealImagesAreToldOf) {
  const TemporaryFolder folder;
  write_untrained(folder / "g.pt");
  const Ran ran = eval({folder / "g.pt", "--count", "1100"});
  EXPECT_THAT(ran.err, HasSubstr("there are only 1,000 real images"));
}

TEST(GanEval, JudgingDoesNotScatterItsMemory) {
  const TemporaryFolder folder;
  write_untrained(folder / "g.pt");
  const auto peak = [&](const std::string& count) {
    const Ran ran = eval({folder / "g.pt", "--count", count});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.peak_bytes;
  };
  const int64_t few = peak("100");                    // with CUDA's libraries 500 MB of it
  EXPECT_LT(peak("6000") - few, int64_t{390} << 20);  // 274 MB; 525 with training's allocator settings
}

TEST(GanEval, FindsTheSameInEachKindOfFile) {
  const TemporaryFolder folder;
  const at::Tensor images = load_dataset(test::mnist_tiny()).images.narrow(0, 0, 150);
  write_idx(folder / "a.idx", images);
  write_npy(folder / "a.npy", images);
  const Ran idx = eval({"--samples", folder / "a.idx", "--json"}),
            npy = eval({"--samples", folder / "a.npy", "--json"});
  EXPECT_EQ(idx.code, 0) << idx.err;
  EXPECT_THAT(idx.out, StartsWith("{\"samples\": 150, \"classifier\": {\"name\": \"mnist\", \"accuracy\": 0.99"));
  EXPECT_EQ(idx.out, npy.out);
  EXPECT_EQ(eval({"--samples", folder / "a.idx", "--json"}).out, idx.out);
}

TEST(GanEval, PicturesInColourOfGrayDigitsAreJudgedAsGray) {
  const TemporaryFolder folder;
  const at::Tensor images = load_dataset(test::mnist_tiny()).images.narrow(0, 0, 100);
  write_idx(folder / "a.idx", images);
  fs::create_directory(folder / "pictures");
  for (int i = 0; i < 100; ++i) {
    write_png(folder / "pictures" / (std::to_string(100 + i) + ".png"), images[i].expand({3, 28, 28}));
  }
  test::spill(folder / "pictures/notes.txt", "");
  const Ran gray = eval({"--samples", folder / "a.idx", "--count", "100", "--json"}),
            coloured = eval({"--samples", folder / "pictures", "--count", "100", "--json"});
  EXPECT_EQ(coloured.out, gray.out);
  EXPECT_THAT(coloured.err,
              HasSubstr("note: " + (folder / "pictures").string() + ": skipped 1 file that is not .jpg, .png or .bmp"));
}

TEST(GanEval, JudgesBesideImagesWhoseLabelsAreDamaged) {
  const TemporaryFolder folder;
  for (const char* name : {"train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz", "classifier.pt"}) {
    fs::copy(test::mnist_tiny() / name, folder / name);
  }
  test::spill(folder / "train-labels-idx1-ubyte", "no labels");
  const std::vector<std::string> data{"--data", folder.path(), "--threads", "1", "--count", "100"};
  const auto with = [&](std::vector<std::string> more) {
    return more.insert(more.end(), data.begin(), data.end()), test::run("gan-eval", more);
  };
  const Ran ran = with({"--samples", folder / "t10k-images-idx3-ubyte.gz"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  fs::remove(folder / "classifier.pt");
  EXPECT_THAT(with({"--train-classifier"}).err, HasSubstr("train-labels-idx1-ubyte: "));
}

TEST(GanEval, TransposedImagesAreJudgedByAClassifierOfTheirs) {
  const TemporaryFolder folder;
  expect_refusal({"--samples", folder / "a.idx", "--transpose"}, "a.idx: no such file");
  write_idx(folder / "a.idx", load_dataset(test::mnist_tiny()).images.transpose(2, 3));
  expect_refusal({"--samples", folder / "a.idx", "--count", "1000", "--transpose"},
                 "classifier.pt: was trained without --transpose");
  const Ran ran = eval({"--transpose", "--train-classifier", "--epochs", "1", "--classifier", folder / "c.pt",
                        "--samples", folder / "a.idx"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, ContainsRegex("nearest_distance +0\\.0000 "));  // compared with the transposed training images
  expect_refusal({"--samples", folder / "a.idx", "--count", "1000", "--classifier", folder / "c.pt"},
                 "c.pt: was trained with --transpose");
  write_untrained(folder / "g.pt");
  EXPECT_THAT(eval({folder / "g.pt", "--count", "100", "--classifier", folder / "c.pt", "--transpose"}).err,
              HasSubstr("g.pt was trained without --transpose, and is compared with images with it\n"));
}

TEST(GanEval, TellsThatAGeneratorWasTrainedOnOtherData) {
  const TemporaryFolder folder;
  write_untrained(folder / "g.pt", {}, "data/fashion");
  const Ran ran = eval({"--checkpoint", folder / "g.pt", "--count", "100"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("g.pt was trained on data/fashion, and is compared with "));
}

TEST(GanEval, CountsModesOfStackedDigits) {
  const TemporaryFolder folder;
  write_untrained(folder / "g.pt", {3, 28, 28});
  const Ran ran = eval({"--stacked-mnist", "--checkpoint", folder / "g.pt", "--count", "500"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, ContainsRegex("samples +[0-9]+ of 1000 +[0-9]"));
  EXPECT_THAT(ran.out, ContainsRegex("uniform +[34][0-9][0-9] of 1000"));  // 1000 (1 - e^-0.5)
}

TEST(GanEval, TrainsAClassifierAndUsesIt) {
  const TemporaryFolder folder;
  write_idx(folder / "a.idx", load_dataset(test::mnist_tiny()).images);
  const Ran ran =
      eval({"--train-classifier", "--epochs", "1", "--classifier", folder / "c.pt", "--samples", folder / "a.idx"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("c.pt: classifies "));
  EXPECT_THAT(ran.out, HasSubstr("mnist_tiny_fd"));
  EXPECT_TRUE(fs::exists(folder / "c.pt"));
  expect_refusal({"--train-classifier", "--classifier", folder / "c.pt"}, "c.pt already exists");
  expect_refusal({"--train-classifier"}, "classifier.pt already exists");
}

TEST(GanEval, RefusesWhatItCannotJudgeInOneLine) {
  const TemporaryFolder folder;
  write_untrained(folder / "rgb.pt", {3, 28, 28});
  write_untrained(folder / "g.pt");
  write_idx(folder / "few.idx", load_dataset(test::mnist_tiny()).images.narrow(0, 0, 99));
  test::spill(folder / "junk.pt", "junk");
  expect_refusal({}, "--checkpoint or --samples: expected samples to judge, got nothing");
  expect_refusal({"--checkpoint", "a", "--samples", "b"}, "got both");
  expect_refusal({"--checkpoint", "nowhere.pt"}, "nowhere.pt: no such file");
  expect_refusal({"--checkpoint", folder / "junk.pt"}, "junk.pt");
  expect_refusal({"--checkpoint", folder / "rgb.pt", "--count", "100"}, "like the real images, got 3x28x28");
  write_untrained(folder / "stacked.pt", {3, 28, 28}, "stacked-mnist:data/mnist");
  expect_refusal({"--checkpoint", folder / "stacked.pt", "--count", "100"}, "--stacked-mnist judges them");
  expect_refusal({"--checkpoint", folder / "g.pt", "--stacked-mnist", "--count", "100"}, "expected stacked images");
  expect_refusal({"--checkpoint", folder / "g.pt", "--count", "99"}, "--count: expected 100 to 100000, got 99");
  expect_refusal({"--checkpoint", folder / "g.pt", "--classifier", folder / "none.pt"}, "none.pt: no such file");
  expect_refusal({"--checkpoint", folder / "g.pt", "--classifier", folder / "g.pt"}, "expected a 'gan classifier'");
  expect_refusal({"--samples", folder / "few.idx"}, "at least 100 samples, got 99");
  expect_refusal({"--samples", folder.path()}, "no pictures (.jpg, .png, .bmp)");
  expect_refusal({"--samples", folder / "few.idx", "--stacked-mnist", "--picture", "a.png"}, "--picture");
  expect_refusal({"--checkpoint", folder / "g.pt", "--picture", "a.jpg"},
                 "--picture: a.jpg: this format cannot be written");
  expect_refusal({"--checkpoint", folder / "g.pt", "--picture", "-"}, "--picture -: the picture is not written");
  expect_refusal({"--checkpoint", folder / "g.pt", "--picture", folder.path()}, "expected a file, got a folder");
  expect_refusal({"--checkpoint", folder / "g.pt", "--picture", folder / "g.pt/a.png"}, "g.pt is a file");
  expect_refusal({"--train-classifier", "--classifier", folder / "g.pt/c.pt"}, "g.pt is a file");
}

}  // namespace
}  // namespace gan
