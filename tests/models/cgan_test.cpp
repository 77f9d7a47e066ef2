#include "gan/models/cgan.h"

#include "support/models.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

using testing::HasSubstr;

ModelOptions small(const GameOptions& game = {}) {
  return {.model = ModelKind::cgan,
          .network = {.arch = Arch::mlp, .init = Init::xavier},
          .latent = {.size = 4},
          .game = game};
}

at::Tensor labels_of(const at::Tensor& rows, const Model& model) {
  return model.latents().part(rows, "label").argmax(1);
}

TEST(Cgan, GivesSeedsTheClassesInTurnAndTheLatentsThatAGanGivesThem) {
  const auto model = test::new_model(small());
  const at::Tensor rows = model->latents().of_seeds({0, 1, 9, 10, 23});
  EXPECT_TRUE(at::equal(labels_of(rows, *model), at::tensor({0, 1, 9, 0, 3})));
  const LatentSpace plain({{"z", 4, Noise::normal}});
  EXPECT_TRUE(at::equal(model->latents().part(rows, "z"), plain.of_seeds({0, 1, 9, 10, 23})));
}

TEST(Cgan, DrawsEachLabelAsOften) {
  const auto model = test::new_model(small());
  const at::Tensor counts = at::bincount(labels_of(model->latents().draw(10'000, at::kCPU), *model), {}, 10);
  EXPECT_GT(counts.min().item<int64_t>(), 850);
  EXPECT_LT(counts.max().item<int64_t>(), 1150);
}

TEST(Cgan, AnImagesLogitDependsOnItsLabelByTheProjection) {
  const auto model = test::new_model(small());
  const at::Tensor image = at::rand({1, 1, 28, 28}) * 2 - 1;
  const at::Tensor rows = model->latents().of_seeds({0, 1, 2});
  const Score score = model->score(image.expand({3, 1, 28, 28}), rows);
  const at::Tensor weight = state_dict(model->part("embedding").network).get<at::Tensor>("linear1.weight").detach();
  const double plain = infer(test::discriminator_of(*model), image).item<double>();
  for (int64_t label = 0; label < 3; ++label) {
    const double projection = score.features[label].dot(weight.select(1, label)).item<double>();
    EXPECT_GT(std::abs(projection), 1e-4);
    EXPECT_NEAR(score.logits[label].item<double>(), plain + projection, 1e-4);
  }
}

TEST(Cgan, RealImagesAreJudgedWithTheirOwnLabels) {
  const auto model = test::new_model(small({.loss = Loss::hinge}));
  const Batch batch = Batches(test::digits(), 8, Sampling::epoch, 0).next();
  const Scalars scalars = model->turns()[0].play(batch).scalars;
  const at::Tensor rows =
      model->latents().with(at::zeros({8, 14}), "label", one_hot_rows(batch.labels.to(at::kLong), 10));
  const double expected = model->score(batch.images, rows).logits.mean().item<double>();
  EXPECT_EQ(scalars[1].first, "d_real");
  EXPECT_NEAR(scalars[1].second.item<double>(), expected, 1e-4);
}

TEST(Cgan, DsTurnMovesTheEmbeddingAndGsTurnDoesNot) {
  const auto model = test::new_model(small());
  EXPECT_THAT(model->players()[1].parts, testing::ElementsAre("discriminator", "embedding"));
  EXPECT_THAT(model->players()[0].parts, testing::ElementsAre("generator"));
}

TEST(Cgan, DataWithoutLabelsIsRefusedWithAHint) {
  Budget budget = Budget::of_run();
  const std::string error = test::error_of([&] { make_model(small(), {{1, 28, 28}, 0}, budget); });
  EXPECT_THAT(error, HasSubstr("--model cgan learns from labels; the data has none"));
  EXPECT_THAT(error, HasSubstr("train-labels-idx1-ubyte"));
}

}  // namespace
}  // namespace gan
