#include "gan/models/bigan.h"

#include "gan/base/random.h"
#include "support/models.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

ModelOptions small(bool stochastic = false) {
  return {.model = ModelKind::bigan,
          .network = {.arch = Arch::mlp, .init = Init::xavier},
          .latent = {.size = 4},
          .code = {},
          .game = {},
          .stochastic_encoder = stochastic};
}

const Batch kBatch{at::rand({6, 1, 28, 28}), {}};

TEST(BiGan, GsTurnMovesTheEncoderAndTheGeneratorTogether) {
  const auto model = test::new_model(small());
  EXPECT_THAT(model->players()[0].parts, testing::ElementsAre("generator", "encoder"));
  EXPECT_THAT(model->players()[1].parts, testing::ElementsAre("discriminator", "pair"));
  model->turns()[1].play(kBatch).loss.backward();
  for (const auto& [name, value] : parameters(*model, model->players()[0])) {
    EXPECT_TRUE(value.grad().defined() && value.grad().abs().max().item<double>() > 0) << name;
  }
}

TEST(BiGan, ScoresAnImageTogetherWithItsLatent) {
  const auto model = test::new_model(small());
  const at::Tensor images = at::randn({3, 1, 28, 28}), z = at::randn({3, 4});
  EXPECT_FALSE(at::allclose(model->score(images, z).logits, model->score(images, -z).logits));
}

TEST(BiGan, AStochasticEncoderDrawsAroundItsMeansInTrainingAndGivesThemLater) {
  const auto model = test::new_model(small(true));
  const at::Tensor images = at::randn({3, 1, 28, 28});
  EXPECT_EQ(model->encode(images).sizes(), at::IntArrayRef({3, 4}));
  EXPECT_TRUE(at::equal(model->encode(images), model->encode(images)));
  EXPECT_EQ(forward(model->part("encoder").network, images).size(1), 8);
  const auto d_real = [&] { return model->turns()[0].play({images, {}}).scalars[1].second.item<double>(); };
  const double once = d_real();
  EXPECT_NE(once, d_real());
}

}  // namespace
}  // namespace gan
