#include "gan/sampling/nice.h"

#include <set>

#include "gan/base/random.h"
#include "support/test.h"

namespace gan {
namespace {

/// Candidates of two kinds, and stragglers far around them.
struct Kinds {
  at::Tensor points, logits;
  int64_t first, second;  ///< how many of each kind; the stragglers come last

  Kinds(int64_t first, int64_t second, int64_t stragglers) : first(first), second(second) {
    const at::Generator generator = make_generator(1);
    points = at::randn({first + second + stragglers, 4}, generator);
    points.narrow(0, first, second).select(1, 0).add_(20);
    points.narrow(0, first + second, stragglers).mul_(4);
    logits = at::randn({points.size(0)}, generator);
    logits.narrow(0, 0, first).add_(5);  // D prefers the first kind
  }
  bool is_first(int64_t i) const { return i < first; }
  bool is_straggler(int64_t i) const { return i >= first + second; }
};

TEST(Nice, TheKindThatDLikesLessKeepsItsShare) {
  const Kinds kinds(700, 300, 0);
  const auto kept = typical_among(kinds.points, kinds.logits, 50);
  EXPECT_EQ(std::set<int64_t>(kept.begin(), kept.end()).size(), 50u);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  const auto first = std::count_if(kept.begin(), kept.end(), [&](int64_t i) { return kinds.is_first(i); });
  EXPECT_NEAR(static_cast<double>(first), 35, 1);
  const at::Tensor best = std::get<1>(kinds.logits.topk(50));
  EXPECT_EQ((best < 700).sum().item<int64_t>(), 50);  // what ranking does
}

TEST(Nice, StragglersAreLeftOut) {
  const Kinds kinds(500, 400, 100);
  const auto kept = typical_among(kinds.points, kinds.logits, 50);
  const auto stragglers = std::count_if(kept.begin(), kept.end(), [&](int64_t i) { return kinds.is_straggler(i); });
  EXPECT_LE(stragglers, 1);  // of 50 plain ones 5
}

TEST(Nice, ThoseKeptVaryAsAllDo) {
  const Kinds kinds(1000, 1000, 0);
  const auto spread_of = [&](const at::Tensor& rows) {
    return (kinds.points.index_select(0, rows).std(0) / kinds.points.std(0)).contiguous();
  };
  const at::Tensor kept = at::tensor(typical_among(kinds.points, kinds.logits, 100));
  EXPECT_LT((kinds.points.index_select(0, kept).mean(0) - kinds.points.mean(0)).abs().max().item<float>(), 0.3);
  EXPECT_GT(spread_of(kept).min().item<float>(), 0.7);
  EXPECT_LT(spread_of(kept).max().item<float>(), 1.05);
  // The hundred that lie densest shrink to the middle of the kinds.
  const at::Tensor densest =
      std::get<1>(std::get<0>(at::cdist(kinds.points, kinds.points).kthvalue(11, 1)).topk(100, 0, false));
  EXPECT_LT(spread_of(densest).min().item<float>(), 0.6);
}

TEST(Nice, CandidatesThatAreAllAlikeAreStillCounted) {
  for (const int64_t count : {1, 3, 10}) {
    const auto kept = typical_among(at::ones({10, 2}), at::zeros({10}), count);
    EXPECT_EQ(std::set<int64_t>(kept.begin(), kept.end()).size(), static_cast<size_t>(count));
  }
  EXPECT_EQ(typical_among(at::ones({1, 2}), at::zeros({1}), 1), std::vector<int64_t>{0});
}

TEST(Nice, AxesAreTheSameWhicheverThereAreMoreOfRowsOrFeatures) {
  const at::Tensor x = at::randn({12, 5}, make_generator(0)) * at::tensor({9.f, 1.f, 4.f, .1f, .5f});
  const at::Tensor wide = at::cat({x, at::zeros({12, 20})}, 1);
  const at::Tensor narrow_axes = principal_axes(x, 2), wide_axes = principal_axes(wide, 2);
  EXPECT_EQ(wide_axes.sizes(), (std::vector<int64_t>{25, 2}));
  EXPECT_TRUE(at::allclose(narrow_axes.abs(), wide_axes.narrow(0, 0, 5).abs(), 1e-4, 1e-5));
  EXPECT_EQ(principal_axes(x, 64).size(1), 5);
}

}  // namespace
}  // namespace gan
