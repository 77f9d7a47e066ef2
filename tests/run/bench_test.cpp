#include "gan/run/bench.h"

#include "gan/device/device.h"
#include "gan/training/recipes.h"
#include "support/test.h"

namespace gan {
namespace {

Options small() {
  Options options = find_recipe("dcgan").options;
  options.network.base_channels = 2;
  options.batch_size = 8;
  options.threads = 1;
  return options;
}

TEST(Bench, NamesEveryPartOfAStepAndTheShareOfTheMachinesOwnRate) {
  set_up_cpu(1);
  const std::string report = bench(small(), load_dataset(test::mnist_tiny()), /*seconds=*/0.2);
  for (const char* part : {"batch ", "d forward", "d backward", "d optimizer", "g forward", "g backward", "g optimizer",
                           "average", "metrics ", "grid ", "checkpoint ", "\nall ", "GFLOP/s"}) {
    EXPECT_THAT(report, testing::HasSubstr(part));
  }
  EXPECT_THAT(report, testing::ContainsRegex("best rate of this machine +[1-9][0-9]* % of [1-9][0-9.]*, a "));
}

TEST(Bench, AnAutomaticPrecisionIsDecided) {
  set_up_cpu(1);
  EXPECT_NE(quicker_precision(small(), load_dataset(test::mnist_tiny())), Precision::automatic);
}

}  // namespace
}  // namespace gan
