#include "gan/base/normal_quantile.h"

#include <cmath>

#include "gan/base/sha256.h"
#include "support/test.h"

namespace gan {
namespace {

TEST(NormalQuantile, IsExact) {
  // sqrt(2) erfinv(2 p - 1), computed with 40 digits.
  constexpr std::array<std::pair<double, double>, 8> kExact{{{0x1p-33, -6.3379577545537892525},
                                                             {0x1p-20, -4.763001034267813957},
                                                             {0x1p-10, -3.0972690781987844624},
                                                             {0.0625, -1.5341205443525463117},
                                                             {0.078125, -1.4177971379962673391},
                                                             {0.25, -0.67448975019608174320},
                                                             {0.4375, -0.15731068461017069552},
                                                             {0.5, 0}}};
  for (const auto& [p, quantile] : kExact) {
    EXPECT_NEAR(normal_quantile(p), quantile, 1e-15 * std::abs(quantile)) << p;
    EXPECT_EQ(normal_quantile(1 - p), -normal_quantile(p)) << p;
  }
}

TEST(NormalQuantile, HasTheSameBitsOnEveryMachine) {
  Sha256 hash;
  for (int i = 1; i < 1 << 16; ++i) {
    const double quantile = normal_quantile(i * 0x1p-16);
    hash.update({reinterpret_cast<const char*>(&quantile), sizeof quantile});
  }
  EXPECT_EQ(hash.hex(), "3f781339874048f0154fd868046fe561e957ecf8e308ef34e320f61523cad48f");
}

TEST(NormalQuantile, IsMonotonicWhereItsFormulasMeet) {
  for (const double meeting : {0.075, 0.925}) {
    double last = normal_quantile(meeting - 1e-9);
    for (double p = meeting - 1e-9; p < meeting + 1e-9; p += 0x1p-40) {
      EXPECT_GE(normal_quantile(p), last);
      last = normal_quantile(p);
    }
  }
}

}  // namespace
}  // namespace gan
