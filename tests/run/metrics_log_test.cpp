#include "gan/run/metrics_log.h"

#include <limits>

#include "gan/base/file.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using test::FileSizeLimit;
using test::slurp;
using test::spill;
using test::TemporaryFolder;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// The line of a step, and how it stands in the file.
MetricsLog::Line line(int step) {
  return {{"step", double(step)}};
}
std::string text(int step) {
  return "{\"step\": " + std::to_string(step) + "}\n";
}

/// What `act` throws while the file at `path` cannot grow by more than half a line.
template <class Act>
std::string error_on_full_disk(const fs::path& path, const Act& act) {
  const FileSizeLimit full(fs::file_size(path) + text(1).size() / 2);
  return error_of(act);
}

TEST(MetricsLog, WritesWholeNumbersAsSuchAndNoNumberThatJsonLacks) {
  EXPECT_EQ(to_json({{"step", 100.0},
                     {"d_loss", 0.25},
                     {"g_loss", std::nan("")},
                     {"x", std::numeric_limits<double>::infinity()}}),
            R"({"step": 100, "d_loss": 0.25, "g_loss": null, "x": null})");
}

TEST(MetricsLog, WritesTextsInQuotes) {
  EXPECT_EQ(to_json({{"kind", "evaluation"}, {"step", 100.0}}), R"({"kind": "evaluation", "step": 100})");
}

TEST(MetricsLog, CutsOffWhatLiesBeyondTheCheckpoint) {
  const TemporaryFolder folder;
  int64_t kept = 0;
  {
    MetricsLog log(folder / "m", 0);
    log.write(line(1));
    kept = log.sync();
    log.write(line(2));
  }
  EXPECT_EQ(slurp(folder / "m"), text(1) + text(2));
  MetricsLog(folder / "m", kept).write(line(3));
  EXPECT_EQ(slurp(folder / "m"), text(1) + text(3));
}

TEST(MetricsLog, BeginsAnewWhereNothingIsToBeKept) {
  const TemporaryFolder folder;
  spill(folder / "m", "of a run that was killed before its first checkpoint\n");
  MetricsLog(folder / "m", 0).write(line(1));
  EXPECT_EQ(slurp(folder / "m"), text(1));
}

TEST(MetricsLog, RefusesAFileThatHasLostLines) {
  const TemporaryFolder folder;
  spill(folder / "m", "{}\n");
  EXPECT_EQ(
      error_of([&] { MetricsLog(folder / "m", 100); }),
      (folder / "m").string() +
          ": expected at least 100 bytes from the run so far, got 3 (--fork begins a new run with this one's weights)");
  EXPECT_EQ(slurp(folder / "m"), "{}\n");
}

TEST(MetricsLog, RefusesAFileThatIsGone) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { MetricsLog(folder / "m", 3); }),
            (folder / "m").string() + ": cannot open: No such file or directory");
  EXPECT_FALSE(fs::exists(folder / "m"));
}

TEST(MetricsLog, TakesLinesBack) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "m", 0);
  log.write(line(1));
  const int64_t kept = log.sync();
  for (const int step : {2, 3}) log.write(line(step));
  log.cut(kept);
  EXPECT_EQ(slurp(folder / "m"), text(1));
  EXPECT_EQ(log.sync(), kept);
  log.write(line(4));
  EXPECT_EQ(slurp(folder / "m"), text(1) + text(4));
  log.sync();
  EXPECT_THAT(error_of([&] { log.cut(1000); }), HasSubstr("expected at least 1000 bytes"));
  EXPECT_EQ(slurp(folder / "m"), text(1) + text(4));
}

TEST(MetricsLog, OnAFullDiskLeavesNoHalfLine) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "m", 0);
  log.write(line(1));
  const std::string error = error_on_full_disk(folder / "m", [&] { log.write(line(2)); });
  EXPECT_EQ(error, (folder / "m").string() + ": cannot write: File too large");
  EXPECT_EQ(slurp(folder / "m"), text(1));
}

TEST(MetricsLog, WritesTheLinesOfAFullDiskLaterAndFirst) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "m", 0);
  log.write(line(1));
  for (const int step : {2, 3}) error_on_full_disk(folder / "m", [&] { log.write(line(step)); });
  EXPECT_EQ(slurp(folder / "m"), text(1));
  log.write(line(4));
  EXPECT_EQ(slurp(folder / "m"), text(1) + text(2) + text(3) + text(4));
}

TEST(MetricsLog, TellsACheckpointOnlyOfLinesThatAreInTheFile) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "m", 0);
  log.write(line(1));
  error_on_full_disk(folder / "m", [&] { log.write(line(2)); });
  EXPECT_THAT(error_on_full_disk(folder / "m", [&] { log.sync(); }), HasSubstr("cannot write"));
  EXPECT_EQ(slurp(folder / "m"), text(1));
  EXPECT_EQ(log.sync(), static_cast<int64_t>((text(1) + text(2)).size()));
  EXPECT_EQ(slurp(folder / "m"), text(1) + text(2));
}

TEST(MetricsLog, ALineTakenBackIsNotWrittenLater) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "m", 0);
  log.write(line(1));
  const int64_t kept = log.sync();
  error_on_full_disk(folder / "m", [&] { log.write(line(2)); });
  log.cut(kept);
  log.write(line(3));
  EXPECT_EQ(slurp(folder / "m"), text(1) + text(3));
}

TEST(MetricsLog, PutsItsFileBackWhereItWasRemovedOrReplaced) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "m", 0);
  log.write({{"step", 1.0}});
  fs::remove(folder / "m");
  log.write({{"step", 2.0}});
  EXPECT_EQ(log.sync(), 24);
  EXPECT_EQ(test::slurp(folder / "m"), "{\"step\": 1}\n{\"step\": 2}\n");
  write_file(folder / "m", "{}");  // as an editor saves
  log.write({{"step", 3.0}});
  EXPECT_EQ(log.sync(), 36);
  log.write({{"step", 4.0}});
  EXPECT_EQ(test::slurp(folder / "m"), "{\"step\": 1}\n{\"step\": 2}\n{\"step\": 3}\n{\"step\": 4}\n");
}

TEST(MetricsLog, TellsWhenItsFolderHasBeenRemoved) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  MetricsLog log(folder / "run/m", 0);
  log.write({{"step", 1.0}});
  fs::remove_all(folder / "run");
  EXPECT_EQ(error_of([&] { log.sync(); }), (folder / "run/m").string() + ": cannot write: No such file or directory");
}

TEST(MetricsLog, IsAskedForBeforeItIsOpened) {
  const TemporaryFolder folder;
  const fs::path path = folder / "m";
  EXPECT_EQ(error_of([&] { require_metrics(path, 0); }), path.string() + ": cannot open: No such file or directory");
  spill(path, "12345");
  EXPECT_NO_THROW(require_metrics(path, 0));
  EXPECT_NO_THROW(require_metrics(path, 5));
  EXPECT_EQ(
      error_of([&] { require_metrics(path, 6); }),
      path.string() +
          ": expected at least 6 bytes from the run so far, got 5 (--fork begins a new run with this one's weights)");
  EXPECT_EQ(slurp(path), "12345");
}

}  // namespace
}  // namespace gan
