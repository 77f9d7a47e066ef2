#include "gan/metrics/clusters.h"

#include "gan/base/random.h"
#include "support/test.h"

namespace gan {
namespace {

/// Forty rows around each of three corners, one after the other.
at::Tensor three_clouds() {
  const at::Tensor corners = at::tensor({0.F, 0.F, 10.F, 0.F, 0.F, 10.F}).view({3, 2});
  return corners.repeat_interleave(40, 0) + at::randn({120, 2}, make_generator(1));
}

TEST(KMeans, FindsGroupsThatLieApart) {
  const at::Tensor rows = three_clouds(), centres = k_means(rows, 3), nearest = nearest_centre(rows, centres);
  for (int64_t cloud = 0; cloud < 3; ++cloud) {
    const at::Tensor part = nearest.narrow(0, 40 * cloud, 40);
    EXPECT_TRUE(part.eq(part[0]).all().item<bool>()) << "cloud " << cloud << " is divided";
    EXPECT_TRUE(at::allclose(centres[part[0].item<int64_t>()], rows.narrow(0, 40 * cloud, 40).mean(0)));
  }
}

TEST(KMeans, IsTheSameEachTime) {
  EXPECT_TRUE(at::equal(k_means(three_clouds(), 5), k_means(three_clouds(), 5)));
}

TEST(KMeans, TakesRowsThatAreAllAlike) {
  const at::Tensor rows = at::ones({10, 3});
  EXPECT_TRUE(at::equal(k_means(rows, 4), at::ones({4, 3})));
}

}  // namespace
}  // namespace gan
