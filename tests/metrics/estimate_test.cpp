#include "gan/metrics/estimate.h"

#include "gan/base/random.h"
#include "support/test.h"

namespace gan {
namespace {

TEST(Estimate, OfAMeanHasItsStandardError) {
  const Estimate mean = mean_of(at::tensor({1.0, 2.0, 3.0, 6.0}));
  EXPECT_DOUBLE_EQ(mean.value, 3);
  EXPECT_NEAR(mean.error, std::sqrt(14.0 / 3) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(mean_of(at::tensor({1, 0, 0, 0}).to(at::kBool)).value, 0.25);
}

TEST(Estimate, OverPartsDropsTheRest) {
  std::vector<std::pair<int64_t, int64_t>> parts;
  over_parts(11, 2, [&](int64_t begin, int64_t count) { return parts.emplace_back(begin, count), 0.0; });
  EXPECT_EQ(parts, (std::vector<std::pair<int64_t, int64_t>>{{0, 5}, {5, 5}}));
}

TEST(Estimate, BootstrapIsCloseToTheStandardErrorOfAMean) {
  auto generator = make_generator(1);
  const at::Tensor x = at::randn({1000, 1}, generator, at::kDouble);
  const auto mean = [](const at::Tensor& rows) { return rows.mean().item<double>(); };
  const Estimate found = bootstrap(x, 200, mean);
  EXPECT_DOUBLE_EQ(found.value, mean(x));
  EXPECT_NEAR(found.error, 1 / std::sqrt(1000.0), 0.2 / std::sqrt(1000.0));
}

TEST(Estimate, BootstrapIsTheSameEachTime) {
  const at::Tensor x = at::arange(50, at::kDouble).unsqueeze(1);
  const auto mean = [](const at::Tensor& rows) { return rows.mean().item<double>(); };
  seed_default_generators(1);
  const double first = bootstrap(x, 5, mean).error;
  seed_default_generators(2);
  EXPECT_EQ(bootstrap(x, 5, mean).error, first);
}

}  // namespace
}  // namespace gan
