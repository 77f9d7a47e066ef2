#include "gan/base/philox.h"

#include <set>

#include "support/test.h"

namespace gan {
namespace {

using Words = std::array<uint32_t, 4>;

TEST(Philox, MatchesThePublishedVectors) {
  // Test vectors of philox4x32-10 from the authors' library, Random123 (tests/kat_vectors).
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, DependsOnEachBitOfKeyAndBlockAndOnTheUse) {
  std::set<Words> drawn{philox(0, 0, PhiloxUse::latents), philox(0, 0, PhiloxUse::dropout)};
  for (int bit = 0; bit < 64; ++bit) {
    drawn.insert(philox(uint64_t{1} << bit, 0, PhiloxUse::latents));
    drawn.insert(philox(0, uint64_t{1} << bit, PhiloxUse::latents));
  }
  EXPECT_EQ(drawn.size(), 2u + 128u);
}

}  // namespace
}  // namespace gan
