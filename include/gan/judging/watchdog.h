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

/// Detects from losses and scores that a run goes wrong, and reports each fault once, until it has gone:
///   D too strong     D(x) and D(G(z)) as far apart as this loss drives them, for ten logs
///   losses flat      to six digits, for ten logs
///   G dead           all samples are one image: their spread is below 1/50 of that of real images in three
///   evaluations,
///                    or below 1/20 and not growing in five grids
///   classes missing  (metrics/classes.h) in three evaluations: more than before, or as many while the distance to real
///                    images stays
///   mode collapse    the mean distance between samples is below 0.6 of its largest so far, in two evaluations
///   samples worse    their distance to real images is above twice its smallest so far, in five evaluations
/// A healthy run starts with few classes and little spread, too, but its distance falls and its spread grows.
class Watchdog {
 public:
  /// For this loss; `label` is D's target for real images.
  explicit Watchdog(Loss loss, double label = 1) : loss_(loss), label_(label) {}

  /// Take the losses of a log; the scores of an evaluation, the distance to real images first; or, where nothing is
  /// scored, a grid. `spread` is the samples' (the mean over pixels of their standard deviation) divided by that of
  /// real images; nan is ignored. Return a line for each new fault: what was seen, and what usually helps.
  std::vector<std::string> logged(const NamedNumbers& losses);
  std::vector<std::string> evaluated(const NamedNumbers& scores, double spread);
  std::vector<std::string> looked_at(double spread);

  /// For checkpoints; `load` throws Error. States of older versions lack what those did not watch.
  Dict state() const;
  void load(const Dict& state);

 private:
  /// Counts how often in a row a fault was seen; true when that reaches `patience`.
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
