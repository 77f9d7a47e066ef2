#include "gan/models/lapgan.h"

#include "gan/base/random.h"
#include "support/models.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

ModelOptions small(double r1 = 0) {
  return {.model = ModelKind::lapgan,
          .network = {.arch = Arch::dcgan, .base_channels = 2, .init = Init::xavier},
          .latent = {.size = 4},
          .code = {},
          .game = {.r1 = r1, .penalty_every = 2}};
}

template <class Things>
std::vector<std::string> names_of(const Things& things) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.push_back(thing.name);
  return names;
}

TEST(Lapgan, NumbersTheLevelsFromTheCoarsest) {
  const auto model = test::new_model(small(1));
  EXPECT_THAT(names_of(model->parts()), testing::ElementsAre("generator_0", "discriminator_0", "generator_1",
                                                             "discriminator_1", "generator_2", "discriminator_2"));
  EXPECT_THAT(names_of(model->turns()),
              testing::ElementsAre("d_0", "g_0", "p_0", "d_1", "g_1", "p_1", "d_2", "g_2", "p_2"));
  EXPECT_EQ(model->latents().size(), 4 + 14 * 14 + 28 * 28);
  for (const Turn& turn : model->turns()) {
    EXPECT_EQ(model->players()[turn.player].parts.front().back(), turn.name.back());
  }
}

TEST(Lapgan, TheFinestLevelsLossesHaveThePlainNames) {
  const auto model = test::new_model(small());
  const Batch batch = Batches(test::digits(), 8, Sampling::epoch, 0).next();
  EXPECT_EQ(model->turns()[0].play(batch).scalars[0].first, "d_loss_0");
  EXPECT_EQ(model->turns()[4].play(batch).scalars[0].first, "d_loss");
}

TEST(Lapgan, ASampleIsTheCoarseImageEnlargedWhereRefinersAddNothing) {
  const auto model = test::new_model(small());
  for (const char* part : {"generator_1", "generator_2"}) {
    for (auto& parameter : parameters(model->part(part).network)) parameter.data().fill_(0);
  }
  const at::Tensor rows = model->latents().of_seeds({0, 1, 2}), z = model->latents().part(rows, "z");
  const at::Tensor coarse = infer(model->part("generator_0").network, z);
  EXPECT_EQ(coarse.size(2), 7);
  EXPECT_TRUE(at::allclose(model->generate(rows), coarse.repeat_interleave(4, 2).repeat_interleave(4, 3)));
}

TEST(Lapgan, EachLevelsNoiseChangesTheSample) {
  const auto model = test::new_model(small());
  const at::Tensor rows = model->latents().of_seeds({0});
  for (const char* part : {"z", "noise1", "noise2"}) {
    const at::Tensor other = model->latents().with(rows, part, -model->latents().part(rows, part));
    EXPECT_FALSE(at::allclose(model->generate(rows), model->generate(other))) << part;
  }
}

TEST(Lapgan, LearnsALevelFromTheMeansOfSquaresOfPixels) {
  const auto model = test::new_model(small());
  at::Tensor checked = at::zeros({4, 1, 28, 28});
  checked.slice(3, 0, 28, 2).fill_(1);
  checked.slice(3, 1, 28, 2).fill_(-1);
  const auto d_real = [&](const at::Tensor& images, size_t turn) {
    seed_default_generators(1);
    return model->turns()[turn].play({images, {}}).scalars[1].second.item<double>();
  };
  EXPECT_EQ(d_real(checked, 0), d_real(at::zeros({4, 1, 28, 28}), 0));
  EXPECT_NE(d_real(checked, 4), d_real(at::zeros({4, 1, 28, 28}), 4));
}

TEST(Lapgan, RefusesSidesThatHaveNoPyramid) {
  ModelOptions options = small();
  options.network.arch = Arch::mlp;
  for (const ImageShape fits : {ImageShape{1, 14, 14}, {3, 16, 16}, {1, 56, 56}, {1, 64, 64}}) {
    EXPECT_NO_THROW(test::new_model(options, fits));
  }
  for (const ImageShape wrong : {ImageShape{1, 7, 7}, {1, 28, 14}, {1, 20, 20}, {1, 36, 36}, {1, 9, 9}}) {
    EXPECT_THAT(test::error_of([&] { test::new_model(options, wrong); }),
                testing::HasSubstr("--model lapgan makes square images of 14, 16, 28, 32"));
  }
}

}  // namespace
}  // namespace gan
