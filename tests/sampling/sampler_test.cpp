#include "gan/sampling/sampler.h"

#include "support/models.h"
#include "support/test.h"

namespace gan {
namespace {

std::unique_ptr<Model> model_of(Arch arch) {
  return test::new_model({.network = {.arch = arch, .base_channels = 4, .dropout = 0.3, .init = Init::xavier}});
}

at::Tensor tiles(const Model& model, const std::vector<int64_t>& seeds) {
  return sample_images(model, model.latents().of_seeds(seeds));
}

class EverySampler : public testing::TestWithParam<Arch> {};

TEST_P(EverySampler, AnyTileCanBeDrawnAgainAlone) {
  const auto model = model_of(GetParam());
  const at::Tensor row = tiles(*model, seeds_from(0, 150));
  for (const int64_t seed : {0, 63, 64, 130, 149}) EXPECT_TRUE(at::equal(row[seed], tiles(*model, {seed})[0])) << seed;
}

INSTANTIATE_TEST_SUITE_P(, EverySampler, testing::Values(Arch::dcgan, Arch::upconv, Arch::mlp),
                         [](const auto& info) { return to_text(info.param); });

TEST(Sampler, LeavesTheNetworkInTrainingModeAndItsRunningAveragesAlone) {
  const auto model = model_of(Arch::dcgan);
  const Network generator = test::generator_of(*model);
  const at::Tensor before = state_dict(generator).get<at::Tensor>("norm1.running_mean").clone();
  tiles(*model, {1, 2, 3});
  EXPECT_TRUE(is_training(generator));
  EXPECT_TRUE(at::equal(before, state_dict(generator).get<at::Tensor>("norm1.running_mean")));
}

TEST(Sampler, DropsNothingWhileItJudges) {
  const auto model = model_of(Arch::mlp);
  const at::Tensor images = at::ones({2, 1, 28, 28}), latents = at::zeros({2, 100});
  EXPECT_TRUE(at::equal(model->score(images, latents).logits, model->score(images, latents).logits));
}

TEST(Sampler, TypicalSeedsAreTheSameEachTimeAndOfTheRange) {
  for (const Arch arch : {Arch::dcgan, Arch::upconv, Arch::mlp}) {
    const auto model = model_of(arch);
    const auto draw = [&] { return nice_seeds(*model, 7, 6, 20, NiceBy::typical); };
    const auto seeds = draw();
    EXPECT_EQ(seeds.size(), 6u);
    EXPECT_TRUE(std::is_sorted(seeds.begin(), seeds.end()));
    EXPECT_GE(seeds.front(), 7);
    EXPECT_LT(seeds.back(), 7 + 120);
    EXPECT_EQ(seeds, draw());
  }
}

TEST(Sampler, ABlocksBordersDoNotShowInTheSamples) {
  const auto model = model_of(Arch::mlp);
  const auto seeds = seeds_from(3, 1100);  // a block is 1024
  EXPECT_TRUE(at::equal(sample_seeds(*model, seeds), tiles(*model, seeds)));
}

TEST(Sampler, NiceSeedsAreThoseTheDiscriminatorLikesBest) {
  const auto model = model_of(Arch::dcgan);
  const auto seeds = nice_seeds(*model, 7, 5, 30, NiceBy::rank);
  const at::Tensor all = infer(test::generator_of(*model), model->latents().of_seeds(seeds_from(7, 150)));
  const at::Tensor best = std::get<1>(infer(test::discriminator_of(*model), all).flatten().topk(5)) + 7;
  EXPECT_EQ(seeds, std::vector<int64_t>(best.data_ptr<int64_t>(), best.data_ptr<int64_t>() + 5));
}

}  // namespace
}  // namespace gan
