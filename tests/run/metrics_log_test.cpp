#include "gan/run/metrics_log.h"

#include <limits>

#include "support/test.h"

namespace gan {
namespace {

using test::TemporaryFolder;

TEST(MetricsLog, WritesWholeNumbersAsSuchAndNoNumberThatJsonLacks) {
  EXPECT_EQ(
      to_json(
          {{"step", 100}, {"d_loss", 0.25}, {"g_loss", std::nan("")}, {"x", std::numeric_limits<double>::infinity()}}),
      R"({"step": 100, "d_loss": 0.25, "g_loss": null, "x": null})");
}

TEST(MetricsLog, CutsOffWhatLiesBeyondTheCheckpoint) {
  const TemporaryFolder folder;
  int64_t kept = 0;
  {
    MetricsLog log(folder / "m", 0);
    log.write({{"step", 1}});
    kept = log.sync();
    log.write({{"step", 2}});
  }
  MetricsLog(folder / "m", kept).write({{"step", 3}});
  EXPECT_EQ(test::slurp(folder / "m"), "{\"step\": 1}\n{\"step\": 3}\n");
}

TEST(MetricsLog, RefusesAFileThatHasLostLines) {
  const TemporaryFolder folder;
  test::spill(folder / "m", "{}\n");
  EXPECT_THAT(test::error_of([&] { MetricsLog(folder / "m", 100); }),
              testing::HasSubstr("expected at least 100 bytes"));
  EXPECT_EQ(test::slurp(folder / "m"), "{}\n");
}

}  // namespace
}  // namespace gan
