#include "gan/sampling/queries.h"

#include "gan/sampling/projection.h"
#include "gan/sampling/sample_files.h"
#include "support/models.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::HasSubstr;

const LatentSpace kSpace({{"w", 2, Noise::uniform}, {"label", 4, std::nullopt}});

at::Tensor w_of(const at::Tensor& rows) {
  return kSpace.part(rows, "w");
}

TEST(Walk, OfAGridEndsAtItsLastStop) {
  const at::Tensor stops = kSpace.of_seeds({5, 9, 12}), rows = walk(kSpace, stops, 5, /*closed=*/false);
  ASSERT_EQ(rows.size(0), 5);
  for (int64_t i = 0; i < 3; ++i) EXPECT_TRUE(at::allclose(w_of(rows)[2 * i], w_of(stops)[i]));
  EXPECT_TRUE(at::allclose(w_of(rows)[1], (w_of(stops)[0] + w_of(stops)[1]) / 2));
}

TEST(Walk, OfAnAnimationLeadsBackAndShowsTheFirstStopOnce) {
  const at::Tensor stops = kSpace.of_seeds({5, 9, 12}), rows = walk(kSpace, stops, 6, /*closed=*/true);
  ASSERT_EQ(rows.size(0), 6);
  for (int64_t i = 0; i < 3; ++i) EXPECT_TRUE(at::allclose(w_of(rows)[2 * i], w_of(stops)[i]));
  EXPECT_TRUE(at::allclose(w_of(rows)[5], (w_of(stops)[2] + w_of(stops)[0]) / 2));
}

TEST(Arithmetic, ShowsItsTermsAndThenTheirSum) {
  const at::Tensor terms = kSpace.of_seeds({5, 9, 12}), rows = with_sum(kSpace, terms, {1, -1, 1});
  ASSERT_EQ(rows.size(0), 4);
  EXPECT_TRUE(at::equal(rows.narrow(0, 0, 3), terms));
  EXPECT_TRUE(at::allclose(w_of(rows)[3], w_of(terms)[0] - w_of(terms)[1] + w_of(terms)[2]));
}

TEST(Traversal, MovesOneNumberOfEachRowFromEndToEnd) {
  const at::Tensor starts = kSpace.of_seeds({0, 1});
  const at::Tensor rows = traversal(kSpace, starts, {.part = "w", .index = 1, .from = -2, .to = 2}, 3);
  ASSERT_EQ(rows.size(0), 6);
  EXPECT_TRUE(at::equal(w_of(rows).select(1, 1), at::tensor({-2.F, 0.F, 2.F, -2.F, 0.F, 2.F})));
  EXPECT_TRUE(at::equal(w_of(rows).select(1, 0), w_of(starts).select(1, 0).repeat_interleave(3)));
}

TEST(Traversal, OfAOneHotPartGoesThroughItsClasses) {
  const Traverse classes{.part = "label", .index = {}, .from = 3, .to = 1};
  EXPECT_EQ(classes_on(kSpace, classes), 3);
  EXPECT_FALSE(classes_on(kSpace, {.part = "w", .index = 0, .from = 0, .to = 1}));
  const at::Tensor rows = traversal(kSpace, kSpace.of_seeds({0}), classes, 3);
  EXPECT_TRUE(at::equal(kSpace.part(rows, "label").argmax(1), at::tensor({3, 2, 1}, at::kLong)));
}

TEST(Traversal, RefusesWhatThereIsNot) {
  const auto refused = [](const Traverse& traverse, int64_t columns = 3) {
    return test::error_of([&] { traversal(kSpace, kSpace.of_seeds({0}), traverse, columns); });
  };
  EXPECT_THAT(refused({.part = "z", .index = 0, .from = 0, .to = 1}), HasSubstr("no part z; parts: w, label"));
  EXPECT_THAT(refused({.part = "w", .index = 2, .from = 0, .to = 1}), HasSubstr("expected w[0] to w[1], got w[2]"));
  EXPECT_THAT(refused({.part = "w", .index = {}, .from = 0, .to = 1}), HasSubstr("w has 2 numbers"));
  EXPECT_THAT(refused({.part = "label", .index = 0, .from = 0, .to = 1}, 2), HasSubstr("label=FROM:TO"));
  EXPECT_THAT(refused({.part = "label", .index = {}, .from = 0, .to = 4}, 5), HasSubstr("from 0 to 3, got 4"));
  EXPECT_THAT(refused({.part = "label", .index = {}, .from = 0, .to = 1}),
              HasSubstr("2 classes, a column each, not 3"));
  EXPECT_THAT(refused({.part = "label", .index = {}, .from = 0, .to = 0.5}), HasSubstr("got 0.5"));
  EXPECT_THAT(refused({.part = "label", .index = {}, .from = 0, .to = 1e30}), HasSubstr("expected a label"));
  EXPECT_THAT(refused({.part = "w", .index = 0, .from = 0, .to = 1e39}), HasSubstr("too large"));
}

TEST(Projection, FindsASampleAgainAndLeavesLabelsAndSetPartsAlone) {
  const auto model = test::new_model({.model = ModelKind::cgan,
                                      .network = {.arch = Arch::mlp, .init = Init::xavier},
                                      .latent = {.size = 3},
                                      .code = {},
                                      .game = {}});
  const at::Tensor images = sample_images(*model, model->latents().of_seeds({50'003, 50'013}));  // of class 3
  const LatentChanges threes{.truncation = {}, .parts = {{"label", one_hot_rows(at::tensor({3}, at::kLong), 10)}}};
  const Projection found = project(*model, images, 0, threes, [](int64_t, int64_t) {});
  EXPECT_LT(found.errors.max().item<double>(), 1e-4);
  EXPECT_TRUE(at::equal(model->latents().part(found.latents, "label").argmax(1), at::tensor({3, 3}, at::kLong)));
  const at::Tensor again = sample_images(*model, found.latents).to(at::kFloat) / 255;
  const at::Tensor errors = (again - images.to(at::kFloat) / 255).square().flatten(1).mean(1);
  EXPECT_TRUE(at::allclose(errors, found.errors, 0.1, 1e-5));
  for (const Part& part : model->parts()) {
    EXPECT_TRUE(is_training(part.network));
    for (const auto& parameter : parameters(part.network)) EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST(Projection, KeepsUniformLatentsInTheirRange) {
  const auto model = test::new_model({.network = {.arch = Arch::mlp, .init = Init::xavier},
                                      .latent = {.size = 3, .noise = Noise::uniform},
                                      .code = {},
                                      .game = {}});
  const Projection found = project(*model, test::digits().images.narrow(0, 0, 2), 0, {}, [](int64_t, int64_t) {});
  EXPECT_LE(found.latents.abs().max().item<double>(), 1);
}

TEST(LabelsFile, LiesBesideTheImagesUnderANameThatGoesWithTheirs) {
  EXPECT_EQ(labels_file("a/b.idx"), "a/b-labels.idx");
  EXPECT_EQ(labels_file("b.idx.gz"), "b-labels.idx.gz");
  EXPECT_EQ(labels_file("a/train-images-idx3-ubyte"), "a/train-labels-idx1-ubyte");
  EXPECT_EQ(labels_file("train-images.idx3-ubyte.gz"), "train-labels.idx1-ubyte.gz");
  EXPECT_EQ(labels_file("plain"), "plain-labels");
}

}  // namespace
}  // namespace gan
