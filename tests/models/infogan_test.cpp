#include "gan/models/infogan.h"

#include "gan/base/random.h"
#include "support/models.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

ModelOptions small(double information = 1, bool joined_batch = false) {
  return {.model = ModelKind::infogan,
          .network = {.arch = Arch::mlp, .init = Init::xavier},
          .latent = {.size = 4},
          .code = {.categories = 3, .codes = 2, .information = information, .code_information = 3},
          .game = {.joined_batch = joined_batch}};
}

std::map<std::string, double> scalars_of(const Model& model, size_t turn) {
  const Batch batch{at::zeros({6, 1, 28, 28}), {}};
  seed_default_generators(3);
  std::map<std::string, double> numbers;
  const Outcome outcome = model.turns()[turn].play(batch);
  for (const auto& [name, value] : outcome.scalars) numbers[name] = value.item<double>();
  numbers["loss"] = outcome.loss.item<double>();
  return numbers;
}

TEST(InfoGan, BothLossesHoldTheCodesThatQReadsOffTheSamples) {
  for (const bool joined : {false, true}) {
    const auto model = test::new_model(small(2, joined));
    seed_default_generators(3);
    const at::Tensor rows = model->latents().draw(6, at::kCPU);
    const at::Tensor read = model->encode(forward(test::generator_of(*model), rows).detach());
    const at::Tensor category = model->latents().part(rows, "category"), code = model->latents().part(rows, "code");
    const double of_category = -2 * (category * read.narrow(1, 0, 3).log()).sum(1).mean().item<double>();
    const double of_code = 3 * (read.narrow(1, 3, 2) - code).square().sum(1).mean().item<double>() / 2;
    const auto d = scalars_of(*model, 0), g = scalars_of(*model, 1);
    EXPECT_NEAR(d.at("d_category"), of_category, 1e-4);
    EXPECT_NEAR(d.at("d_code"), of_code, 1e-4);
    EXPECT_NEAR(d.at("loss"), d.at("d_loss") + of_category + of_code, 1e-4);
    EXPECT_NEAR(g.at("loss"), g.at("g_loss") + g.at("g_category") + g.at("g_code"), 1e-4);
  }
}

TEST(InfoGan, ReadsProbabilitiesAndThenMeansOffImages) {
  const auto model = test::new_model(small());
  const at::Tensor read = model->encode(at::rand({5, 1, 28, 28}) * 2 - 1);
  ASSERT_EQ(read.sizes(), (std::vector<int64_t>{5, 5}));
  EXPECT_TRUE(at::allclose(read.narrow(1, 0, 3).sum(1), at::ones({5})));
}

TEST(InfoGan, DsTurnMovesDAndQ) {
  const auto model = test::new_model(small());
  EXPECT_THAT(model->players()[1].parts, testing::ElementsAre("discriminator", "q"));
}

TEST(InfoGan, SeedsHaveTheSameZAsAGans) {
  const auto model = test::new_model(small());
  const LatentSpace plain({{"z", 4, Noise::normal}});
  EXPECT_TRUE(at::equal(model->latents().part(model->latents().of_seeds({7}), "z"), plain.of_seeds({7})));
}

}  // namespace
}  // namespace gan
