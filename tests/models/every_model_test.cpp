// What holds for every family: a new one is tested here without being told.

#include "gan/models/make_model.h"

#include <set>

#include "gan/sampling/sampler.h"
#include "support/models.h"
#include "support/runs.h"
#include "support/test.h"

namespace gan {
namespace {

class EveryModel : public testing::TestWithParam<ModelKind> {
 protected:
  static Options options(int64_t steps = 4) {
    Options options = test::small(steps);
    options.model = GetParam();
    options.network.base_channels = 2;
    options.batch_size = 8, options.limit = 40;
    options.log_every = {1}, options.sample_every = options.checkpoint_every = {2};
    return options;
  }
};

std::set<std::string> names_of(const std::vector<Part>& parts) {
  std::set<std::string> names;
  for (const Part& part : parts) names.insert(part.name);
  return names;
}

TEST_P(EveryModel, HasPartsOfDifferentNamesAndEachTurnAPlayerOfSuch) {
  const auto model = test::new_model(options());
  const std::set<std::string> names = names_of(model->parts());
  EXPECT_EQ(names.size(), model->parts().size());
  for (const Turn& turn : model->turns()) {
    ASSERT_LT(turn.player, model->players().size());
    for (const std::string& part : model->players()[turn.player].parts) EXPECT_TRUE(names.contains(part)) << part;
    EXPECT_GT(operations(*model, turn), 0) << turn.name;
  }
}

TEST_P(EveryModel, EachTurnHasALossWithAGradientForItsPlayer) {
  const auto model = test::new_model(options());
  const Batch batch = Batches(test::digits(), 8, Sampling::epoch, 0).next();
  for (const Turn& turn : model->turns()) {
    const Outcome outcome = turn.play(batch);
    EXPECT_EQ(outcome.loss.dim(), 0);
    EXPECT_TRUE(at::isfinite(outcome.loss).item<bool>()) << turn.name;
    std::vector<at::Tensor> moved;
    for (const auto& [name, value] : parameters(*model, model->players()[turn.player])) moved.push_back(value);
    outcome.loss.backward({}, std::nullopt, /*create_graph=*/false, moved);
    EXPECT_TRUE(std::ranges::any_of(moved, [](const at::Tensor& tensor) { return tensor.grad().defined(); }));
  }
}

TEST_P(EveryModel, MakesAndScoresImagesOfAnyRowsAlone) {
  const auto model = test::new_model(options());
  const at::Tensor latents = model->latents().of_seeds(seeds_from(0, 70));
  ASSERT_EQ(latents.sizes(), (std::vector<int64_t>{70, model->latents().size()}));
  const at::Tensor images = model->generate(latents);
  ASSERT_EQ(images.sizes(), (std::vector<int64_t>{70, 1, 28, 28}));
  EXPECT_LE(images.abs().max().item<float>(), 1);
  EXPECT_TRUE(at::equal(model->generate(latents.narrow(0, 66, 1))[0], images[66]));
  const Score score = model->score(images, latents);
  EXPECT_EQ(score.logits.sizes(), (std::vector<int64_t>{70}));
  EXPECT_EQ(score.features.size(0), 70);
  const Score one = model->score(images.narrow(0, 66, 1), latents.narrow(0, 66, 1));
  EXPECT_TRUE(at::equal(one.logits[0], score.logits[66]));
  if (model->encodes() != Encodes::nothing) {
    EXPECT_TRUE(at::equal(model->encode(images.narrow(0, 66, 1))[0], model->encode(images)[66]));
  } else {
    EXPECT_THAT(test::error_of([&] { model->encode(images); }), testing::HasSubstr("encoder"));
  }
}

TEST_P(EveryModel, ResumedAtTheMiddleEndsWithTheSameBitsAndFiles) {
  const test::TemporaryFolder folder;
  const RunFolder straight = RunFolder::create(folder / "straight", "x"),
                  broken = RunFolder::create(folder / "broken", "x");
  test::train_straight_and_broken(options(), straight, broken);
  EXPECT_EQ(test::slurp(straight.generator()), test::slurp(broken.generator()));
  EXPECT_EQ(test::slurp(straight.sample(4)), test::slurp(broken.sample(4)));
  EXPECT_EQ(test::timeless_metrics(straight), test::timeless_metrics(broken));
  const TrainedModel trained = read_model(straight.generator());
  EXPECT_EQ(trained.step, 4);
  EXPECT_EQ(names_of(trained.model->parts()), names_of(test::new_model(options())->parts()));
}

TEST_P(EveryModel, TooLargeForAFileIsRefusedBeforeItTakesMuchMemory) {
  Options wide = options();
  wide.network.base_channels = 1024;
  EXPECT_THAT(test::error_of([&] { test::new_model(wide); }),
              testing::AllOf(testing::HasSubstr("networks with more than 250,000,000 weights"),
                             testing::HasSubstr("smaller --base-channels")));
  const int64_t before = peak_memory(at::kCPU);
  wide.network.arch = Arch::mlp;
  EXPECT_THAT(test::error_of([&] {
                test::new_model(wide, {3, 4096, 4096});
              }),
              testing::HasSubstr("networks with more"));
  EXPECT_LT(peak_memory(at::kCPU) - before, 64 << 20);
}

INSTANTIATE_TEST_SUITE_P(, EveryModel, testing::ValuesIn([] {
                           std::vector<ModelKind> all;
                           for (const auto& choice : choices(ModelKind())) all.push_back(choice.value);
                           return all;
                         }()),
                         [](const auto& info) { return to_text(info.param); });

}  // namespace
}  // namespace gan
