#include "gan/judging/classifier_training.h"

#include "gan/base/archive.h"
#include "gan/run/checkpoint.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::TemporaryFolder;
using testing::HasSubstr;

Dataset tiny(Split split) {
  return load_dataset(test::mnist_tiny(), split);
}

TEST(TrainClassifier, LearnsDigits) {
  const Classifier one = train_classifier("tiny", tiny(Split::train), tiny(Split::test), 12);
  EXPECT_GT(one.accuracy, 0.85);  // of 200, from 1,000
  EXPECT_EQ(one.classes, 10);
}

TEST(TrainClassifier, IsTheSameEachTime) {
  const auto sha256 = [] {
    return weights_sha256(train_classifier("tiny", tiny(Split::train), tiny(Split::test), 2).network);
  };
  EXPECT_EQ(sha256(), sha256());
}

TEST(TrainClassifier, RefusesDataWithoutLabels) {
  const Dataset bare{tiny(Split::train).images, {}};
  EXPECT_THAT(error_of([&] { train_classifier("a", bare, tiny(Split::test), 1); }),
              HasSubstr("training images have none"));
  EXPECT_THAT(error_of([&] { train_classifier("a", tiny(Split::train), bare, 1); }),
              HasSubstr("test images have none"));
}

TEST(ClassifierFile, ReadsBackAsItWas) {
  const TemporaryFolder folder;
  const Classifier one{
      .name = "any", .images = {1, 12, 9}, .classes = 4, .accuracy = 0.75, .network = build_classifier({1, 12, 9}, 4)};
  write_classifier(folder / "c.pt", one);
  const Classifier read = read_classifier(folder / "c.pt");
  EXPECT_EQ(std::tuple(read.name, read.images, read.classes, read.accuracy),
            std::tuple(one.name, one.images, one.classes, one.accuracy));
  EXPECT_EQ(weights_sha256(read.network), weights_sha256(one.network));
}

TEST(ClassifierFile, IsRefusedInOneLineWhereItIsNone) {
  const TemporaryFolder folder;
  const auto path = folder / "c.pt";
  write_classifier(path,
                   {.name = "any", .images = {1, 12, 9}, .classes = 4, .network = build_classifier({1, 12, 9}, 4)});
  const Dict good = read_archive(path);
  const auto with = [&](const std::string& key, const Value& value) {
    Dict changed = good;
    for (auto& [name, held] : changed.items) {
      if (name == key) held = value;
    }
    return changed;
  };
  for (const auto& [file, reason] : std::vector<std::pair<Dict, std::string>>{
           {with("format", std::string("gan generator")), "expected a 'gan classifier', got a 'gan generator'"},
           {with("version", int64_t{2}), "version"},
           {with("name", std::string("no\" name")), "is not the name"},
           {with("name", std::string()), "is not the name"},
           {with("classes", int64_t{1}), "2 to 256 classes, got 1"},
           {with("classes", int64_t{5}), "expected"},
           {with("image_shape", image_shape_to_dict({1, 4096, 4096})), "8 to 256 pixels"},
           {with("image_shape", image_shape_to_dict({1, 28, 28})), "linear4.weight"},
           {with("weights", Dict{}), "expected"}}) {
    write_archive(path, file);
    EXPECT_THAT(error_of([&] { read_classifier(path); }), HasSubstr(reason));
  }
}

TEST(DataName, IsTheFoldersAsScoresHaveIt) {
  for (const auto& [folder, name] : {std::pair{"data/mnist", "mnist"},
                                     {"data/Fashion-MNIST/", "fashion_mnist"},
                                     {"/a/b.c/x y", "x_y"},
                                     {"./mnist/.", "mnist"},
                                     {"/", "data"}}) {
    EXPECT_EQ(data_name(folder), name) << folder;
  }
}

}  // namespace
}  // namespace gan
