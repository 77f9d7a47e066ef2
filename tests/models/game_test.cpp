// What a family may add to the contest: something given beside x, and a part of either loss.

#include "gan/models/game.h"

#include "gan/base/random.h"
#include "gan/losses/penalties.h"
#include "gan/networks/architecture.h"
#include "support/test.h"

namespace gan {
namespace {

/// A family of one layer on each side, on images of one pixel. G adds a number to z; D weighs x and what is given.
class Toy : public Game {
 public:
  explicit Toy(const GameOptions& options) : Game(options, LatentSpace({{"z", 1, Noise::normal}})) {
    Budget budget = Budget::of_run();
    const Architecture mlp = architecture(Arch::mlp);
    set_up({{"g", mlp.decoder({.arch = Arch::mlp}, 1, {1, 1, 1}, budget), {1}, true},
            {"d", mlp.trunk({.arch = Arch::mlp}, {1, 1, 1}, budget).network, {1, 1, 1}}},
           {{"g", Role::generator, {"g"}}, {"d", Role::discriminator, {"d"}}}, Init::xavier);
  }
  at::Tensor images_of(const at::Tensor& latents) const override { return forward(part("g").network, latents); }
  Score score(const at::Tensor& images, const at::Tensor&) const override { return {images, images.flatten()}; }
  InferenceGraph discrimination() const override { return {}; }

  bool reads_features() const override { return true; }

  double added = 0;
  bool both_sides = false;           ///< G makes what is given with real samples, too
  std::vector<int64_t> rows_judged;  ///< rows of x, and of what was given, in each call of `judge`
  bool gave_gradient = false;        ///< whether what is given ever required one
  std::vector<at::Tensor> judged;    ///< x in each call of `judge`

 protected:
  bool makes_given() const override { return both_sides; }
  Sample real(const Batch& batch) override {
    const int64_t count = batch.images.size(0);
    if (!both_sides) return {batch.images, at::ones({count, 1})};
    return {batch.images, forward(part("g").network, at::ones({count, 1})).flatten(1)};
  }
  Sample fake(const Batch& batch) override {
    const int64_t count = batch.images.size(0);
    return {forward(part("g").network, latents().draw(count, at::kCPU)), at::zeros({count, 1})};
  }
  Judged judge(const Sample& sample, Differentiable asked) override {
    judged.push_back(sample.x.detach().clone());
    rows_judged.push_back(sample.x.size(0));
    rows_judged.push_back(sample.given.size(0));
    gave_gradient |= sample.given.requires_grad();
    const at::Tensor features = forward(part("d").network, sample.x, asked);
    return {sample, features, features.sum(1, /*keepdim=*/true) + 10 * sample.given};
  }
  Scalars extra(const Judged& fake) override {
    if (added == 0) return {};
    return {{"extra", added * (1 + fake.given.mean() + fake.features.mean())}};
  }
};

Batch batch() {
  return {at::full({4, 1, 1, 1}, 0.5), {}};
}

double loss_of(Toy& toy, size_t turn) {
  seed_default_generators(3);
  return toy.turns()[turn].play(batch()).loss.item<double>();
}

double d_real(Toy& toy) {
  seed_default_generators(3);
  return toy.turns()[0].play(batch()).scalars[1].second.item<double>();
}

TEST(Game, DSeesWhatIsGivenOnEachSide) {
  Toy apart({}), together({.joined_batch = true});
  EXPECT_GT(d_real(apart), 0.99);
  EXPECT_GT(d_real(together), 0.99);
  EXPECT_EQ(apart.rows_judged, (std::vector<int64_t>{4, 4, 4, 4}));
  EXPECT_EQ(together.rows_judged, (std::vector<int64_t>{8, 8}));
}

TEST(Game, AFamilyAddsToEitherLossUnderANameOfItsOwn) {
  for (const bool joined : {false, true}) {
    Toy toy({.joined_batch = joined});
    const double d = loss_of(toy, 0), g = loss_of(toy, 1);
    toy.added = 3;
    for (const auto& [turn, loss, name] : {std::tuple(0, d, "d_extra"), {1, g, "g_extra"}}) {
      seed_default_generators(3);
      const Outcome outcome = toy.turns()[static_cast<size_t>(turn)].play(batch());
      EXPECT_EQ(outcome.scalars.back().first, name);
      const double extra = outcome.scalars.back().second.item<double>();
      EXPECT_NEAR(extra, 3, 0.5);
      EXPECT_NEAR(outcome.loss.item<double>(), loss + extra, 1e-5);
      EXPECT_NEAR(outcome.scalars[0].second.item<double>(), loss, 1e-5);
    }
  }
}

TEST(Game, FeatureMatchingAddsTheSquaredDistanceOfMeanFeaturesToGsLoss) {
  seed_default_generators(0);
  Toy plain({});
  seed_default_generators(0);
  Toy matching({.feature_matching = 2});
  EXPECT_EQ(loss_of(plain, 0), loss_of(matching, 0));
  const double g = loss_of(plain, 1);
  seed_default_generators(3);
  const Outcome outcome = matching.turns()[1].play(batch());
  seed_default_generators(3);
  const Network d = matching.part("d").network;
  const at::Tensor fake = forward(matching.part("g").network, matching.latents().draw(4, at::kCPU));
  const double distance = (forward(d, batch().images).mean(0) - forward(d, fake).mean(0)).square().sum().item<double>();
  EXPECT_GT(distance, 0);
  EXPECT_NEAR(outcome.loss.item<double>(), g + 2 * distance, 1e-5);
  EXPECT_EQ(outcome.scalars.back().first, "g_feature_distance");
}

TEST(Game, PenaltiesAreByXAlone) {
  Toy toy({.r1 = 1, .r2 = 1, .gradient_penalty = 1});
  EXPECT_GT(loss_of(toy, 0), 0);
  EXPECT_FALSE(toy.gave_gradient);
  EXPECT_EQ(toy.rows_judged.size(), 10u);  // both sides, and three penalties
}

TEST(Game, GsTurnWithDsNoiseHasAGraphAndDsTurnLeavesGWithoutAGradient) {
  Toy toy({.fresh_noise = false});
  const Outcome d = toy.turns()[0].play(batch());
  d.loss.backward();
  for (const auto& parameter : parameters(toy.part("g").network)) EXPECT_FALSE(parameter.grad().defined());
  toy.turns()[1].play(batch()).loss.backward();
  for (const auto& parameter : parameters(toy.part("g").network)) EXPECT_TRUE(parameter.grad().defined());
}

TEST(Game, GsLossIsOnBothSidesWhereItsSideMakesBoth) {
  for (const bool fresh : {false, true}) {
    Toy toy({.fresh_noise = fresh});
    toy.both_sides = true;
    seed_default_generators(3);
    toy.turns()[0].play(batch());
    EXPECT_FALSE(toy.gave_gradient);  // D's turn moves D alone
    const Outcome outcome = toy.turns()[1].play(batch());
    EXPECT_TRUE(toy.gave_gradient);
    EXPECT_EQ(toy.judged.size(), 4u);
    outcome.loss.backward();
    const at::Tensor gradient = parameters(toy.part("g").network).front().grad();
    EXPECT_GT(gradient.abs().max().item<double>(), 0);
  }
}

TEST(Game, DSeesAllImagesAugmentedInEachTurn) {
  GameOptions options{.r1 = 1, .penalty_every = 2};
  options.diffaugment.color = true;
  Toy plain({.r1 = 1, .penalty_every = 2}), augmented(options);
  for (Toy* toy : {&plain, &augmented}) {
    for (const Turn& turn : toy->turns()) turn.play(batch());
  }
  ASSERT_EQ(plain.judged.size(), 4u);  // real and fake, fake, real
  ASSERT_EQ(augmented.judged.size(), 4u);
  for (const size_t real : {0, 3}) {
    EXPECT_TRUE(at::equal(plain.judged[real], batch().images));
    EXPECT_GT((augmented.judged[real] - 0.5).abs().min().item<double>(), 0);
  }
  EXPECT_LT(plain.judged[1].std().item<double>(), 0.1);
  for (const size_t fake : {1, 2}) EXPECT_GT(augmented.judged[fake].std().item<double>(), 0.1);
}

}  // namespace
}  // namespace gan
