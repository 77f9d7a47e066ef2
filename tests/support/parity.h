// Losses of two programs that do the same work.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "support/test.h"

namespace gan::test {

/// The losses of these names that differ by more than `tolerance`, relative, in words. `ours` and `theirs` are lines of
/// metrics.jsonl, of the same step.
inline std::string difference(const std::string& ours, const std::string& theirs, const std::vector<std::string>& names,
                              double tolerance) {
  EXPECT_EQ(number_in(ours, "step"), number_in(theirs, "step"));
  std::string words;
  for (const std::string& name : names) {
    const double wanted = number_in(ours, name);
    const bool near = std::abs(number_in(theirs, name) - wanted) <= tolerance * std::abs(wanted);
    if (!near) words += name + " in\n" + ours + "\n" + theirs + "\n";
  }
  return words;
}

/// A number next to the corner of a LeakyReLU can be on its one side in one program and on its other side in another. A
/// penalty, which is made of slopes, then jumps by up to a percent. Another seed has no such number at the same place;
/// a fault differs with every seed.
constexpr int kSeedsForCorners = 4;

/// Expects each case to agree with one of its seeds at least. differing(cases, seed) gives those that differ with that
/// seed, each with its name and what differs; seeds_of(case) says how many seeds it may try.
template <class Case, class Differing, class SeedsOf>
void expect_agreement(std::vector<Case> cases, const Differing& differing, const SeedsOf& seeds_of) {
  for (int seed = 0; !cases.empty(); ++seed) {
    std::vector<Case> left;
    for (const auto& [it, words] : differing(cases, seed)) {
      if (seed + 1 < seeds_of(it)) {
        left.push_back(it);
      } else {
        ADD_FAILURE() << "seed " << seed << ": " << words;
      }
    }
    cases = std::move(left);
  }
}

}  // namespace gan::test
