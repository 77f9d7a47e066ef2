#include "gan/base/spelling.h"

#include <algorithm>

namespace gan {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> of(a.size() + 1,
                                      std::vector<size_t>(b.size() + 1));  // [i][j]: of the first i and j characters
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        of[i][j] = i + j;
        continue;
      }
      const size_t changed = of[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      of[i][j] = std::min({of[i - 1][j] + 1, of[i][j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) of[i][j] = std::min(of[i][j], of[i - 2][j - 2] + 1);
    }
  }
  return of[a.size()][b.size()];
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, const std::string& prefix) {
  constexpr size_t kLongest = 64;  // longer than any word of ours
  constexpr size_t kShortestPrefix = 3;
  if (word.size() > kLongest) return {};
  const size_t most = std::max<size_t>(1, word.size() / 3);
  const std::string* nearest = nullptr;
  std::pair<size_t, size_t> least{most + 1, 0};
  for (const auto& candidate : candidates) {
    const bool begins = word.size() >= kShortestPrefix && candidate.starts_with(word);
    const size_t distance = edit_distance(word, candidate);
    const std::pair how_far{begins ? std::min(most, distance) : distance, distance};
    if (how_far < least && how_far.first <= most && how_far.first < std::max(word.size(), candidate.size())) {
      nearest = &candidate, least = how_far;
    }
  }
  return nearest ? "did you mean " + prefix + *nearest + "?" : "";
}

}  // namespace gan
