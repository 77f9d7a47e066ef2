#include "gan/models/latent_space.h"

#include <set>

#include "gan/base/random.h"
#include "gan/base/sha256.h"
#include "support/test.h"

namespace gan {
namespace {

LatentSpace space(Noise noise, int64_t size = 100) {
  return LatentSpace({{"z", size, noise}});
}
const LatentSpace kNormal = space(Noise::normal), kUniform = space(Noise::uniform);

at::Tensor latent_of(const LatentSpace& space, int64_t seed) {
  return space.of_seeds({seed})[0];
}

std::vector<int64_t> first_seeds(int64_t count) {
  std::vector<int64_t> seeds;
  for (int64_t seed = 0; seed < count; ++seed) seeds.push_back(seed);
  return seeds;
}

std::string sha256(const at::Tensor& tensor) {
  Sha256 hash;
  hash.update({static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()});
  return hash.hex();
}

/// The mean product of numbers with mean 0 and variance 1, in its standard deviations if they are independent.
double correlation(const at::Tensor& a, const at::Tensor& b) {
  return (a * b).to(at::kDouble).mean().item<double>() * std::sqrt(static_cast<double>(a.numel()));
}

TEST(Latent, OfASeedDoesNotDependOnItsNeighbours) {
  const at::Tensor row = kNormal.of_seeds({3, 4, 5});
  EXPECT_TRUE(at::equal(row[2], latent_of(kNormal, 5)));
  EXPECT_FALSE(at::equal(row[0], row[1]));
}

TEST(Latent, OfASeedBeginsAlikeWhateverItsSize) {
  for (const int64_t size : {1, 2, 3, 99}) {
    EXPECT_TRUE(at::equal(latent_of(space(Noise::normal, size), 7), latent_of(kNormal, 7).narrow(0, 0, size)));
  }
}

TEST(Latent, OfSeedsLeavesTheDefaultGeneratorAlone) {
  const at::Tensor before = generator_state(default_generator(at::kCPU));
  kUniform.of_seeds({1, 2});
  EXPECT_TRUE(at::equal(before, generator_state(default_generator(at::kCPU))));
}

TEST(Latent, NoTwoSeedsShareOne) {
  constexpr int64_t kSeeds = 250'000, kNumbers = 4;
  const at::Tensor latents = space(Noise::uniform, kNumbers).of_seeds(first_seeds(kSeeds));
  std::set<std::array<float, kNumbers>> different;
  const float* numbers = latents.const_data_ptr<float>();
  for (const float* latent = numbers; latent != numbers + kSeeds * kNumbers; latent += kNumbers) {
    different.insert({latent[0], latent[1], latent[2], latent[3]});
  }
  EXPECT_EQ(different.size(), static_cast<size_t>(kSeeds));
}

TEST(Latent, EachBitOfASeedCounts) {
  std::set<std::string> different;
  for (int bit = 0; bit <= 62; ++bit) different.insert(sha256(latent_of(kNormal, int64_t{1} << bit)));
  for (const int64_t seed : {int64_t{0}, int64_t{9'000'000'000'000'000}, int64_t{9'000'000'000'000'001}}) {
    different.insert(sha256(latent_of(kNormal, seed)));
  }
  EXPECT_EQ(different.size(), 66u);
}

TEST(Latent, OfASeedHasTheSameBitsOnEveryMachine) {
  EXPECT_EQ(sha256(kNormal.of_seeds(first_seeds(1000))),
            "fbfa39431be5c298c2c7e1c0aa4143f0f669e50bc8220e2485c1233b5b3444cb");
  EXPECT_EQ(sha256(kUniform.of_seeds(first_seeds(1000))),
            "49e3f09d5b1614b93192d85dfe0d5322d3fb02f0027f60400e36eeaf8e4fb0da");
}

TEST(Latent, OfSeedsIsNormal) {
  const at::Tensor x = kNormal.of_seeds(first_seeds(10'000)).to(at::kDouble);  // a million numbers
  EXPECT_NEAR(x.mean().item<double>(), 0, 0.004);                              // four deviations, as are the next ones
  EXPECT_NEAR(x.square().mean().item<double>(), 1, 0.006);
  EXPECT_NEAR(x.pow(3).mean().item<double>(), 0, 0.016);
  EXPECT_NEAR(x.pow(4).mean().item<double>(), 3, 0.04);
  EXPECT_NEAR((x > 3).sum().item<double>(), 1349.9, 147);
  EXPECT_NEAR((x < -4).sum().item<double>(), 31.7, 22.5);
}

TEST(Latent, OfSeedsIsUniform) {
  const at::Tensor x = kUniform.of_seeds(first_seeds(10'000));
  EXPECT_GE(x.min().item<float>(), -1);
  EXPECT_LT(x.max().item<float>(), 1);
  const at::Tensor counts = at::histc(x, 100, -1, 1);  // 10,000 each; the sum is chi-squared with 99 degrees
  EXPECT_NEAR(((counts - 10'000).square() / 10'000).sum().item<double>(), 99, 56);
}

TEST(Latent, SeedsAPowerOfTwoApartAreIndependent) {
  const std::vector<int64_t> seeds = first_seeds(200);
  const at::Tensor latents = kNormal.of_seeds(seeds);
  for (int bit = 0; bit <= 61; ++bit) {
    std::vector<int64_t> others;
    for (const int64_t seed : seeds) others.push_back(seed + (int64_t{1} << bit));
    EXPECT_NEAR(correlation(latents, kNormal.of_seeds(others)), 0, 4) << "2^" << bit;
  }
}

TEST(Latent, PlacesAPowerOfTwoApartAreIndependent) {
  constexpr int64_t kSize = 1 << 16;
  const at::Tensor latent = latent_of(space(Noise::normal, kSize), 1);
  for (int64_t apart = 1; apart < kSize; apart *= 2) {
    const int64_t pairs = kSize - apart;
    EXPECT_NEAR(correlation(latent.narrow(0, 0, pairs), latent.narrow(0, apart, pairs)), 0, 4) << apart;
  }
}

TEST(Latent, OfMt19937IsWhatOlderFilesDrew) {
  LatentSpace old = space(Noise::uniform);
  old.set_generator(LatentGenerator::mt19937);
  const at::Tensor expected = at::empty({100}).uniform_(-1, 1, make_generator(mix_seed(5, 0)));
  EXPECT_TRUE(at::equal(latent_of(old, 5), expected));
  EXPECT_TRUE(at::equal(latent_of(old, 65336), latent_of(old, 81207)));  // why there is another
}

TEST(Latent, HasTheDistributionThatWasAskedFor) {
  seed_default_generators(0);
  const at::Tensor normal = kNormal.draw(1000, at::kCPU);
  EXPECT_NEAR(normal.mean().item<float>(), 0, 0.02);
  EXPECT_NEAR(normal.std().item<float>(), 1, 0.02);
  const at::Tensor uniform = kUniform.draw(1000, at::kCPU);
  EXPECT_GE(uniform.min().item<float>(), -1);
  EXPECT_LT(uniform.max().item<float>(), 1);
  EXPECT_NEAR(uniform.std().item<float>(), 1 / std::sqrt(3.0), 0.02);
}

// ---- Several parts ------------------------------------------------------------------------------

LatentSpace with_codes() {
  return LatentSpace({{"z", 6, Noise::normal}, {"w", 3, Noise::uniform}, {"label", 4, std::nullopt}});
}

TEST(LatentSpace, PartsThatFollowLeaveTheFirstOnesNumbersAlone) {
  for (const LatentGenerator generator : {LatentGenerator::philox, LatentGenerator::mt19937}) {
    LatentSpace alone = space(Noise::normal, 6), more = with_codes();
    alone.set_generator(generator), more.set_generator(generator);
    const at::Tensor rows = more.of_seeds({0, 9});
    EXPECT_EQ(rows.sizes(), (std::vector<int64_t>{2, 13}));
    EXPECT_TRUE(at::equal(more.part(rows, "z"), alone.of_seeds({0, 9})));
    EXPECT_FALSE(at::equal(more.part(rows, "w")[0], more.part(rows, "w")[1]));
    EXPECT_LE(more.part(rows, "w").abs().max().item<float>(), 1);
  }
}

TEST(LatentSpace, AOneHotPartOfSeedsTakesTheClassesInTurn) {
  const LatentSpace codes = with_codes();
  const at::Tensor label = codes.part(codes.of_seeds({0, 1, 2, 3, 4, 9}), "label");
  EXPECT_TRUE(at::equal(label.argmax(1), at::tensor({0, 1, 2, 3, 0, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(label.sum(1), at::ones({6})));
}

TEST(LatentSpace, DrawnOneHotPartsHaveAllClassesAlike) {
  seed_default_generators(0);
  const LatentSpace codes = with_codes();
  const at::Tensor label = codes.part(codes.draw(4000, at::kCPU), "label");
  EXPECT_TRUE(at::equal(label.sum(1), at::ones({4000})));
  EXPECT_LT((label.mean(0) - 0.25).abs().max().item<float>(), 0.03);
}

TEST(LatentSpace, APartIsSetInACopy) {
  const LatentSpace codes = with_codes();
  const at::Tensor rows = codes.of_seeds({0, 1}), set = codes.with(rows, "label", at::eye(4).narrow(0, 2, 1));
  EXPECT_TRUE(at::equal(codes.part(set, "label").argmax(1), at::tensor({2, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(codes.part(set, "z"), codes.part(rows, "z")));
  EXPECT_TRUE(at::equal(codes.part(rows, "label").argmax(1), at::tensor({0, 1}, at::kLong)));
}

TEST(LatentSpace, AMissingPartIsRefusedWithThoseThereAre) {
  EXPECT_THAT(test::error_of([] { kNormal.part(kNormal.of_seeds({0}), "label"); }),
              testing::HasSubstr("this model's latents have no part label; parts: z"));
}

TEST(LatentSpace, InterpolatesOnTheSphereAndOnTheLineAndKeepsTheFirstLabel) {
  const LatentSpace codes = with_codes();
  const at::Tensor a = codes.of_seeds({0}), b = codes.of_seeds({1}),
                   rows = codes.interpolate(a, b, at::linspace(0, 1, 5));
  ASSERT_EQ(rows.size(0), 5);
  EXPECT_TRUE(at::allclose(rows.narrow(0, 0, 1), a));
  EXPECT_TRUE(at::allclose(codes.part(rows, "z")[4], codes.part(b, "z")[0]));
  EXPECT_TRUE(at::allclose(codes.part(rows, "w")[2], (codes.part(a, "w")[0] + codes.part(b, "w")[0]) / 2));
  EXPECT_TRUE(at::equal(codes.part(rows, "label").argmax(1), at::zeros({5}, at::kLong)));
  const at::Tensor unit_x = at::eye(2).narrow(0, 0, 1), unit_y = at::eye(2).narrow(0, 1, 1);
  const at::Tensor arc = space(Noise::normal, 2).interpolate(unit_x, unit_y, at::linspace(0, 1, 3));
  EXPECT_TRUE(at::allclose(arc[1], at::full({2}, std::sqrt(0.5F))));
  EXPECT_TRUE(
      at::allclose(space(Noise::normal, 2).interpolate(unit_x, unit_x, at::linspace(0, 1, 3)), unit_x.expand({3, 2})));
}

TEST(LatentSpace, AMixtureHasTenPetalsAroundTheMiddle) {
  const LatentSpace petals = space(Noise::mixture, 3);
  const std::vector<int64_t> seeds = first_seeds(2000);
  seed_default_generators(1);
  for (const at::Tensor& rows : {petals.of_seeds(seeds), petals.draw(2000, at::kCPU)}) {
    const at::Tensor x = rows.select(1, 0), y = rows.select(1, 1);
    const at::Tensor angle = at::atan2(y, x) / (2 * M_PI / 10), petal = angle.round();
    EXPECT_EQ(std::get<0>(at::_unique(petal.remainder(10))).size(0), 10);
    const at::Tensor turn = -petal * (2 * M_PI / 10);
    const at::Tensor out = x * turn.cos() - y * turn.sin(), across = x * turn.sin() + y * turn.cos();
    EXPECT_NEAR(out.mean().item<double>(), 1.4, 0.06);
    EXPECT_NEAR(out.std().item<double>(), 0.5, 0.06);
    EXPECT_NEAR(across.std().item<double>(), 0.1, 0.03);
    EXPECT_NEAR(rows.select(1, 2).std().item<double>(), 1, 0.06);
  }
  EXPECT_TRUE(at::equal(petals.of_seeds({1234}), petals.of_seeds(seeds).narrow(0, 1234, 1)));
}

TEST(LatentSpace, TruncationKeepsTheQuantileWithinTheLimit) {
  const LatentSpace codes = with_codes();
  const at::Tensor rows = codes.of_seeds(first_seeds(500)), near = codes.truncated(rows, 0.7);
  const at::Tensor before = codes.part(rows, "z"), z = codes.part(near, "z");
  EXPECT_LE(z.abs().max().item<double>(), 0.7);
  EXPECT_GT(z.abs().max().item<double>(), 0.69);
  EXPECT_TRUE(at::equal(before.flatten().argsort(), z.flatten().argsort()));
  const double in_between = std::erf(0.35 / std::sqrt(2.0)) / std::erf(0.7 / std::sqrt(2.0));
  EXPECT_NEAR(z.abs().lt(0.35).to(at::kDouble).mean().item<double>(), in_between, 0.04);
  EXPECT_TRUE(at::allclose(codes.part(near, "w"), 0.7 * codes.part(rows, "w")));
  EXPECT_TRUE(at::equal(codes.part(near, "label"), codes.part(rows, "label")));
  EXPECT_TRUE(at::allclose(codes.truncated(rows, 10), rows, 1e-3, 1e-4));
  EXPECT_THAT(test::error_of([&] {
                space(Noise::mixture, 2).truncated(at::zeros({1, 2}), 1);
              }),
              testing::HasSubstr("mixture"));
}

TEST(LatentSpace, CombinesRowsByTheirWeightsAndKeepsTheFirstLabel) {
  const LatentSpace codes = with_codes();
  const at::Tensor rows = codes.of_seeds({5, 9, 12}), sum = codes.combine(rows, {1, -1, 1});
  const at::Tensor z = codes.part(rows, "z");
  EXPECT_TRUE(at::allclose(codes.part(sum, "z")[0], z[0] - z[1] + z[2]));
  EXPECT_TRUE(at::equal(codes.part(sum, "label")[0], codes.part(rows, "label")[0]));
}

}  // namespace
}  // namespace gan
