#include "gan/base/random.h"

#include <set>

#include "gan/base/error.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;

at::Tensor draw(const at::Generator& generator) {
  return at::randint(1'000'000, {16}, generator, at::kLong);
}

TEST(Random, MixesSeedsAsSplitMix64Does) {
  // The first numbers of SplitMix64 for the seed 1234567, published with its reference implementation.
  EXPECT_EQ(mix_seed(1234567, 0), 6457827717110365317u);
  EXPECT_EQ(mix_seed(1234567, 1), 3203168211198807973u);
  EXPECT_EQ(mix_seed(1234567, 2), 9817491932198370423u);
}

TEST(Random, DerivesDifferentSeedsFromNearbySeedsAndUses) {
  std::set<uint64_t> seeds;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (uint64_t use = 0; use < 10; ++use) seeds.insert(mix_seed(seed, use));
  }
  EXPECT_EQ(seeds.size(), 1000u);
}

TEST(Random, EqualSeedsDrawEqualNumbers) {
  const at::Tensor first = draw(make_generator(1));
  EXPECT_TRUE(at::equal(draw(make_generator(1)), first));
  EXPECT_FALSE(at::equal(draw(make_generator(2)), first));
}

TEST(Random, LeavesTheDefaultGeneratorAlone) {
  seed_default_generators(3);
  const at::Tensor alone = at::rand({4});
  seed_default_generators(3);
  draw(make_generator(3));
  EXPECT_TRUE(at::equal(at::rand({4}), alone));
}

TEST(Random, SeedsTheDefaultGenerator) {
  seed_default_generators(5);
  const at::Tensor first = at::rand({4});
  const at::Tensor second = at::rand({4});
  EXPECT_FALSE(at::equal(first, second));
  seed_default_generators(5);
  EXPECT_TRUE(at::equal(at::rand({4}), first));
  seed_default_generators(6);
  EXPECT_FALSE(at::equal(at::rand({4}), first));
}

TEST(Random, ResumesFromAState) {
  const at::Generator generator = make_generator(1);
  draw(generator);
  const at::Tensor state = generator_state(generator);
  EXPECT_EQ(state.scalar_type(), at::kByte);
  EXPECT_EQ(state.dim(), 1);
  const at::Tensor expected = draw(generator);
  const at::Generator other = make_generator(9);
  set_generator_state(other, state);
  EXPECT_TRUE(at::equal(draw(other), expected));
}

TEST(Random, ResumesFromAStateOfTheDefaultGenerator) {
  const at::Tensor state = generator_state(default_generator(at::kCPU));
  const at::Tensor expected = at::randn({5});  // an odd count, so the generator keeps one number of a pair
  set_generator_state(default_generator(at::kCPU), state);
  EXPECT_TRUE(at::equal(at::randn({5}), expected));
}

TEST(Random, RefusesAnInvalidState) {
  const at::Generator generator = make_generator(1);
  const at::Tensor state = generator_state(generator);
  const at::Tensor expected = draw(make_generator(1));
  const std::vector<at::Tensor> wrong{at::Tensor(),       state.narrow(0, 0, state.numel() - 1),
                                      state.to(at::kInt), at::zeros({0}, at::kByte),
                                      state.unsqueeze(0), at::full_like(state, 0xff)};
  for (const auto& other : wrong) {
    EXPECT_THAT(error_of([&] { set_generator_state(generator, other); }),
                testing::HasSubstr("the state of a random generator"));
  }
  EXPECT_TRUE(at::equal(draw(generator), expected));
}

}  // namespace
}  // namespace gan
