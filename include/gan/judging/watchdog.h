#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gan/base/numbers.h"
#include "gan/base/value.h"
#include "gan/losses/adversarial.h"

namespace gan {

/// Sees from numbers that are there anyway that a run goes wrong, and says so once, until it was well again:
///   D has won       D(x) and D(G(z)) as far apart as this loss has them, for ten logs
///   losses are flat to six digits, for ten logs
///   G is dead       all samples are one image: they spread less than a fiftieth of what the real images do, in three
///                   evaluations, or less than a twentieth and no further than before, in five grids
///   classes missing (metrics/classes.h), in three evaluations: more of them than there once were, or as many while the
///                   distance to real images falls no more
///   samples alike   their mean distance is below 0.6 of the largest so far, in two evaluations
///   samples worse   their distance to real images is above twice the smallest so far, in five evaluations
/// A run that is young and well has few classes and little spread, too, but its distance falls and its spread grows.
class Watchdog {
 public:
  /// Of a game with this loss, whose D aims at `label` for real images.
  explicit Watchdog(Loss loss, double label = 1) : loss_(loss), label_(label) {}

  /// Takes the losses of a log; the scores of an evaluation, the distance to real images first; or, where samples are
  /// not judged, a grid. `spread` is that of the samples (the mean over pixels of their standard deviation) as a part
  /// of that of real images; one that is no number says nothing. A line for each fault that is new: what was seen, and
  /// what usually helps.
  std::vector<std::string> logged(const NamedNumbers& losses);
  std::vector<std::string> evaluated(const NamedNumbers& scores, double spread);
  std::vector<std::string> looked_at(double spread);

  /// For checkpoints; `load` throws Error. A state that an older version left lacks what that did not look at.
  Dict state() const;
  void load(const Dict& state);

 private:
  /// Counts how often in a row a fault was seen; true when it becomes one.
  bool becomes(const char* fault, bool seen, int64_t patience);

  Loss loss_;
  double label_;
  std::vector<std::pair<std::string, int64_t>> in_a_row_;  ///< by fault
  NamedNumbers last_losses_;
  double largest_pairwise_ = 0;
  double smallest_distance_ = 0;  ///< 0: none yet
  double largest_spread_ = 0;
  double fewest_missing_ = std::numeric_limits<double>::infinity();
};

}  // namespace gan
