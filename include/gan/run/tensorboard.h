#pragma once

#include <cstdint>

#include "gan/exports/event_file.h"
#include "gan/run/folder.h"
#include "gan/run/metrics_log.h"

namespace gan {

/// A run's metrics and grids for TensorBoard, in its folder's tensorboard/: "training/d_loss", "samples/mnist_fd", and
/// the pictures "samples" and "reconstructions". All throw Error.
class TensorBoard {
 public:
  /// Takes the place of what earlier sittings told from step `first` on.
  TensorBoard(const RunFolder& folder, int64_t first) : folder_(folder), events_(folder.events(), first) {}

  void add(const MetricsLog::Line& line);
  void add_grids(int64_t step);  ///< those of that step that are in the folder
  void flush() { events_.flush(); }

 private:
  RunFolder folder_;
  EventFile events_;
};

}  // namespace gan
