#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "gan/base/value.h"
#include "gan/data/dataset.h"
#include "gan/networks/budget.h"
#include "gan/run/folder.h"
#include "gan/training/options.h"

namespace gan {

/// A checkpoint that cannot be used, and why: "PATH: reason".
struct DamagedCheckpoint {
  std::filesystem::path path;
  std::string what;
};

/// A run's checkpoint, read. Its content is {"options", "machine", "data", "training", "judging", "sitting"}; each
/// section is written and read by its owner: data, training and judging by these modules' classes, sitting by the
/// trainer.
struct Checkpoint {
  std::filesystem::path path;
  Options options;
  Dict content;
  std::vector<DamagedCheckpoint> damaged;  ///< newer ones, which were passed over

  int64_t step() const { return section("training").get<int64_t>("step"); }
  int64_t images() const { return section("data").get<int64_t>("count"); }
  ImageShape image_shape() const { return image_shape_from_dict(section("data").get<Dict>("image_shape")); }
  int64_t metrics_bytes() const { return section("sitting").get<int64_t>("metrics_bytes"); }
  const Dict& machine() const { return section("machine"); }
  const Dict& section(const char* name) const { return content.get<Dict>(name); }

  /// Seconds of training up to its step (the file may have been written later). Throws Error.
  double seconds_at_step() const;

  /// The memory that its networks may ask for: no more than the numbers it holds itself.
  Budget budget() const;
};

/// The content of a checkpoint of any version that this program reads, as the newest version has it. Throws Error.
Dict upgraded(Dict content);

/// The newest checkpoint of the run that is not damaged (truncated, with checksums that do not hold, or with a name
/// that is not of its step); none if the run has none. With `last`, the one to use for going back to that step. Throws
/// Error if all are damaged, and if the one that is whole cannot be used: a newer version of this program wrote it, or
/// it is not a checkpoint of ours.
std::optional<Checkpoint> newest_checkpoint(const RunFolder& folder,
                                            int64_t last = std::numeric_limits<int64_t>::max());

/// Which outputs of the checkpoint's step were still missing when it was written. Throws Error.
struct LeftToShow {
  bool grid = false, evaluation = false;
};
LeftToShow left_to_show(const Dict& sitting);

/// Whether nothing is left to do of the run in that folder, whose newest checkpoint this is, under these options: it is
/// at its end, all of its last step was judged and drawn, and g.pt is of that step.
bool is_done(const RunFolder& folder, const Checkpoint& newest, const Options& options);

/// Renames them to PATH.damaged (PATH.damaged-2 and so on where that exists), so that they no longer count among the
/// run's checkpoints. Throws Error.
void rename_damaged(const std::vector<DamagedCheckpoint>& damaged);

}  // namespace gan
