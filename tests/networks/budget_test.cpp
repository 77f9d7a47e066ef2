#include "gan/networks/budget.h"

#include "gan/device/device.h"
#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::new_pair;
using testing::HasSubstr;

TEST(Budget, IsSpentToTheLastWeightAndNoFurther) {
  Budget budget = Budget::of_file(1000);
  budget.pay(400);
  EXPECT_THAT(error_of([&] { budget.pay(601); }),
              HasSubstr("the networks that its options describe have more than the 1,000 weights that it holds"));
  budget.pay(600);
  EXPECT_THROW(budget.pay(1), Error);
}

TEST(Budget, OfARunSaysWhatToMakeSmaller) {
  Budget budget = Budget::of_run();
  budget.pay(250'000'000);
  EXPECT_THAT(error_of([&] { budget.pay(1); }),
              AllOf(HasSubstr("networks with more than 250,000,000 weights"), HasSubstr("--base-channels")));
}

void expect_paid_for(const NetworkOptions& options, ImageShape images) {
  const test::Pair pair = new_pair(options, images, Budget::of_run());
  const int64_t weights = test::count(pair.generator) + test::count(pair.discriminator);
  SCOPED_TRACE(to_text(options.arch) + " " + to_text(images));
  EXPECT_NO_THROW(new_pair(options, images, Budget::of_file(weights)));
  EXPECT_THROW(new_pair(options, images, Budget::of_file(weights - 1)), Error);
}

TEST(Budget, IsPaidForEveryWeightOfEveryArchitecture) {
  for (const Norm norm : {Norm::batch, Norm::none, Norm::spectral}) {
    for (const bool on : {false, true}) {
      for (const int64_t side : {28, 32}) {
        expect_paid_for({.base_channels = 3,
                         .depth = on,
                         .d_norm = norm,
                         .d_norm_last = !on,
                         .same_padding = on,
                         .minibatch_std = on},
                        {3, side, side});
      }
    }
  }
  expect_paid_for({.arch = Arch::upconv}, {3, 12, 20});
  expect_paid_for({.arch = Arch::mlp, .dropout = 0.3}, {3, 5, 7});
}

/// Far larger than the memory of any machine.
TEST(Budget, RefusesEnormousNetworksBeforeTheyTakeMemory) {
  constexpr int64_t kEnormous = int64_t{1} << 30;
  const int64_t before = peak_memory(at::kCPU);
  for (const Budget& budget : {Budget::of_file(1000), Budget::of_run()}) {
    EXPECT_THROW(new_pair({.base_channels = kEnormous}, {3, 32, 32}, budget), Error);
    EXPECT_THROW(new_pair({.arch = Arch::upconv}, {1, 28, 28}, budget, kEnormous), Error);
    EXPECT_THROW(new_pair({.arch = Arch::mlp}, {3, 4096, 4096}, budget, kEnormous), Error);
  }
  EXPECT_LT(peak_memory(at::kCPU) - before, 64 << 20);
}

}  // namespace
}  // namespace gan
