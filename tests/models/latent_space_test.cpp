#include "gan/models/latent_space.h"

#include <set>

#include "gan/base/random.h"
#include "gan/base/sha256.h"
#include "support/test.h"

namespace gan {
namespace {

constexpr LatentSource kNormal{Noise::normal, 100}, kUniform{Noise::uniform, 100};

at::Tensor latent_of(const LatentSource& source, int64_t seed) {
  return latents_of_seeds(source, {seed})[0];
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
  const at::Tensor row = latents_of_seeds(kNormal, {3, 4, 5});
  EXPECT_TRUE(at::equal(row[2], latent_of(kNormal, 5)));
  EXPECT_FALSE(at::equal(row[0], row[1]));
}

TEST(Latent, OfASeedBeginsAlikeWhateverItsSize) {
  for (const int64_t size : {1, 2, 3, 99}) {
    EXPECT_TRUE(at::equal(latent_of({Noise::normal, size}, 7), latent_of(kNormal, 7).narrow(0, 0, size)));
  }
}

TEST(Latent, OfSeedsLeavesTheDefaultGeneratorAlone) {
  const at::Tensor before = generator_state(default_generator(at::kCPU));
  latents_of_seeds(kUniform, {1, 2});
  EXPECT_TRUE(at::equal(before, generator_state(default_generator(at::kCPU))));
}

TEST(Latent, NoTwoSeedsShareOne) {
  constexpr int64_t kSeeds = 250'000, kNumbers = 4;
  const at::Tensor latents = latents_of_seeds({Noise::uniform, kNumbers}, first_seeds(kSeeds));
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
  EXPECT_EQ(sha256(latents_of_seeds(kNormal, first_seeds(1000))),
            "fbfa39431be5c298c2c7e1c0aa4143f0f669e50bc8220e2485c1233b5b3444cb");
  EXPECT_EQ(sha256(latents_of_seeds(kUniform, first_seeds(1000))),
            "49e3f09d5b1614b93192d85dfe0d5322d3fb02f0027f60400e36eeaf8e4fb0da");
}

TEST(Latent, OfSeedsIsNormal) {
  const at::Tensor x = latents_of_seeds(kNormal, first_seeds(10'000)).to(at::kDouble);  // a million numbers
  EXPECT_NEAR(x.mean().item<double>(), 0, 0.004);  // four deviations, as are the next ones
  EXPECT_NEAR(x.square().mean().item<double>(), 1, 0.006);
  EXPECT_NEAR(x.pow(3).mean().item<double>(), 0, 0.016);
  EXPECT_NEAR(x.pow(4).mean().item<double>(), 3, 0.04);
  EXPECT_NEAR((x > 3).sum().item<double>(), 1349.9, 147);
  EXPECT_NEAR((x < -4).sum().item<double>(), 31.7, 22.5);
}

TEST(Latent, OfSeedsIsUniform) {
  const at::Tensor x = latents_of_seeds(kUniform, first_seeds(10'000));
  EXPECT_GE(x.min().item<float>(), -1);
  EXPECT_LT(x.max().item<float>(), 1);
  const at::Tensor counts = at::histc(x, 100, -1, 1);  // 10,000 each; the sum is chi-squared with 99 degrees
  EXPECT_NEAR(((counts - 10'000).square() / 10'000).sum().item<double>(), 99, 56);
}

TEST(Latent, SeedsAPowerOfTwoApartAreIndependent) {
  const std::vector<int64_t> seeds = first_seeds(200);
  const at::Tensor latents = latents_of_seeds(kNormal, seeds);
  for (int bit = 0; bit <= 61; ++bit) {
    std::vector<int64_t> others;
    for (const int64_t seed : seeds) others.push_back(seed + (int64_t{1} << bit));
    EXPECT_NEAR(correlation(latents, latents_of_seeds(kNormal, others)), 0, 4) << "2^" << bit;
  }
}

TEST(Latent, PlacesAPowerOfTwoApartAreIndependent) {
  constexpr int64_t kSize = 1 << 16;
  const at::Tensor latent = latent_of({Noise::normal, kSize}, 1);
  for (int64_t apart = 1; apart < kSize; apart *= 2) {
    const int64_t pairs = kSize - apart;
    EXPECT_NEAR(correlation(latent.narrow(0, 0, pairs), latent.narrow(0, apart, pairs)), 0, 4) << apart;
  }
}

TEST(Latent, OfMt19937IsWhatOlderFilesDrew) {
  LatentSource source = kUniform;
  source.generator = LatentGenerator::mt19937;
  const at::Tensor expected = at::empty({100}).uniform_(-1, 1, make_generator(mix_seed(5, 0)));
  EXPECT_TRUE(at::equal(latent_of(source, 5), expected));
  EXPECT_TRUE(at::equal(latent_of(source, 65336), latent_of(source, 81207)));  // why there is another
}

TEST(Latent, HasTheDistributionThatWasAskedFor) {
  seed_default_generators(0);
  const at::Tensor normal = draw_latents(Noise::normal, 1000, 100, at::kCPU);
  EXPECT_NEAR(normal.mean().item<float>(), 0, 0.02);
  EXPECT_NEAR(normal.std().item<float>(), 1, 0.02);
  const at::Tensor uniform = draw_latents(Noise::uniform, 1000, 100, at::kCPU);
  EXPECT_GE(uniform.min().item<float>(), -1);
  EXPECT_LT(uniform.max().item<float>(), 1);
  EXPECT_NEAR(uniform.std().item<float>(), 1 / std::sqrt(3.0), 0.02);
}

}  // namespace
}  // namespace gan
