#include "gan/metrics/report.h"

#include "support/test.h"

namespace gan {
namespace {

const Classifier kClassifier{.name = "any", .classes = 10, .accuracy = 0.5};

TEST(Report, ShowsEachScoreAsTextAndAsJson) {
  const Judgement judgement{.samples = 200,
                            .real_images = 150,
                            .scores = {{"any_fd", {12.5, 0.25}},
                                       {"missing_classes", {1}},
                                       {"odd", {std::numeric_limits<double>::quiet_NaN()}}},
                            .real = {{"any_fd", {1.5, 0.125}}, {"missing_classes", {0}}, {"odd", {0}}},
                            .class_shares = {0.5, 0.5, 0},
                            .real_class_shares = {0.5, 0.25, 0.25}};
  EXPECT_EQ(to_table(judgement, kClassifier, "abc"),
            "200 samples, judged by the classifier of any (accuracy 50.00 %)\nsha256 abc\n\n"
            "                    samples                 150 real images         better\n"
            "any_fd              12.50 +/- 0.2500        1.5000 +/- 0.1250       lower\n"
            "missing_classes     1.0000                  0.0000                  lower\n"
            "odd                 nan                     0.0000                  as real ones\n"
            "classes, %          50.0 50.0 0.0\n"
            "missing             2\n");
  EXPECT_EQ(to_json(judgement, kClassifier, "abc"),
            R"({"samples": 200, "classifier": {"name": "any", "accuracy": 0.5, "sha256": "abc"}, "real_images": 150, )"
            R"("scores": )"
            R"({"any_fd": {"value": 12.5, "error": 0.25, "real": 1.5, "real_error": 0.125}, )"
            R"("missing_classes": {"value": 1, "error": 0, "real": 0, "real_error": 0}, )"
            R"("odd": {"value": null, "error": 0, "real": 0, "real_error": 0}}, "class_shares": [0.5, 0.5, 0]})");
}

TEST(Report, GivesEachCellALineOnANarrowScreen) {
  const Judgement judgement{.samples = 200,
                            .real_images = 150,
                            .scores = {{"any_fd", {12.5, 0.25}}},
                            .real = {{"any_fd", {1.5, 0.125}}},
                            .class_shares = {0.5, 0.25, 0.25, 0, 0},
                            .real_class_shares = {0.5, 0.25, 0.25, 0, 0}};
  EXPECT_EQ(to_table(judgement, kClassifier, "abc", 20),
            "200 samples, judged\nby the classifier\nof any (accuracy\n50.00 %)\nsha256 abc\n\n"
            "  samples\n  150 real images\n  better\n"
            "any_fd\n  12.50 +/- 0.2500\n  1.5000 +/- 0.1250\n  lower\n"
            "classes, %\n  50.0 25.0 25.0\n  0.0 0.0\n");
}

TEST(Report, ShowsModesBesideTheirFloors) {
  const ModesReport report{.samples = 26000,
                           .found = {.found = 990, .all = 1000, .kl = 0.25},
                           .real = {.found = 1000, .all = 1000, .kl = 0.0235},
                           .uniform = {.found = 1000, .all = 1000, .kl = 0.0192}};
  EXPECT_EQ(to_table(report, kClassifier, "abc"),
            "26,000 samples, judged by the classifier of any (accuracy 50.00 %)\nsha256 abc\n\n"
            "                    modes                   KL, nats\n"
            "samples             990 of 1000             0.2500\n"
            "real images         1000 of 1000            0.0235\n"
            "uniform             1000 of 1000            0.0192\n");
  EXPECT_EQ(to_json(report, kClassifier, "abc"),
            R"({"samples": 26000, "classifier": {"name": "any", "accuracy": 0.5, "sha256": "abc"}, "modes": 990, )"
            R"("kl": 0.25, "real": {"modes": 1000, "kl": 0.0235}, "uniform": {"modes": 1000, "kl": 0.0192}})");
}

TEST(Report, ShowsEachSampleBesideItsNearestTrainingImage) {
  const Dataset train = load_dataset(test::mnist_tiny());
  const at::Tensor samples = train.images.narrow(0, 10, 70);
  const at::Tensor picture = nearest_picture(samples, train.images, nearest(samples, train.images));
  constexpr int64_t kPair = 2 * 28 + 3 * 2, kHeight = 28 + 2 * 2;  // with the frame
  EXPECT_EQ(picture.sizes(), (std::vector<int64_t>{1, 8 * (kHeight + 2) + 2, 8 * (kPair + 2) + 2}));
  for (int64_t i = 0; i < 64; ++i) {
    const at::Tensor pair =
        picture.narrow(1, 2 + i / 8 * (kHeight + 2), kHeight).narrow(2, 2 + i % 8 * (kPair + 2), kPair);
    EXPECT_TRUE(at::equal(pair.narrow(1, 2, 28).narrow(2, 2, 28), samples[i])) << i;
    EXPECT_TRUE(at::equal(pair.narrow(1, 2, 28).narrow(2, 32, 28), samples[i])) << i;
    EXPECT_TRUE((pair.select(1, 0) == 128).all().item<bool>()) << i;
    EXPECT_TRUE((pair.narrow(2, 30, 2) == 128).all().item<bool>()) << i;
  }
}

}  // namespace
}  // namespace gan
