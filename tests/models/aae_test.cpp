#include "gan/models/aae.h"

#include "gan/base/random.h"
#include "support/models.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

ModelOptions small() {
  return {.model = ModelKind::aae,
          .network = {.arch = Arch::mlp, .init = Init::xavier},
          .latent = {.size = 4},
          .code = {},
          .game = {}};
}

TEST(Aae, ReconstructsThenTellsLatentsApartThenFools) {
  const auto model = test::new_model(small());
  std::vector<std::string> turns, players;
  for (const Turn& turn : model->turns()) {
    turns.push_back(turn.name);
    players.push_back(model->players()[turn.player].name);
  }
  EXPECT_THAT(turns, testing::ElementsAre("r", "d", "g"));
  EXPECT_THAT(players, testing::ElementsAre("autoencoder", "discriminator", "encoder"));
}

TEST(Aae, ItsReconstructionLossIsTheErrorOfPixelsFrom0To1) {
  const auto model = test::new_model(small());
  const at::Tensor images = at::rand({5, 1, 28, 28}) * 2 - 1;
  const at::Tensor again = model->generate(model->encode(images));
  const double expected = ((again + 1) / 2 - (images + 1) / 2).square().mean().item<double>();
  EXPECT_NEAR(model->turns()[0].play({images, {}}).loss.item<double>(), expected, 1e-6);
}

TEST(Aae, TheContestLeavesTheDecoderAlone) {
  const auto model = test::new_model(small());
  const Batch batch{at::rand({5, 1, 28, 28}), {}};
  for (const size_t turn : {1, 2}) model->turns()[turn].play(batch).loss.backward();
  for (const auto& parameter : parameters(model->part("decoder").network)) EXPECT_FALSE(parameter.grad().defined());
}

TEST(Aae, DTakesThePriorForReal) {
  const auto model = test::new_model(small());
  for (auto& parameter : parameters(model->part("encoder").network)) parameter.data().fill_(0);  // all latents are 0
  const Batch batch{at::rand({50, 1, 28, 28}), {}};
  seed_default_generators(2);
  const auto scalars = model->turns()[1].play(batch).scalars;
  const Network d = model->part("discriminator").network;
  EXPECT_NEAR(scalars[2].second.item<double>(), forward(d, at::zeros({1, 4})).sigmoid().item<double>(), 1e-5);
  seed_default_generators(2);
  const at::Tensor z = model->latents().draw(50, at::kCPU);
  EXPECT_NEAR(scalars[1].second.item<double>(), forward(d, z).sigmoid().mean().item<double>(), 1e-5);
}

TEST(Aae, ScoresAnImageByItsLatent) {
  const auto model = test::new_model(small());
  const at::Tensor images = at::rand({3, 1, 28, 28});
  EXPECT_FALSE(model->judges_images());
  EXPECT_TRUE(at::allclose(model->score(images, {}).logits,
                           infer(model->part("discriminator").network, model->encode(images)).flatten()));
}

}  // namespace
}  // namespace gan
