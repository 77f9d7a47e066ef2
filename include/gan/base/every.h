#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gan {

/// How often something happens: every `count` steps, or at the end of the first epoch and of each `count`-th. A count
/// of 0 means never. As text: "100" (steps), "10e" (epochs).
struct Every {
  int64_t count = 0;
  bool epochs = false;

  /// `step` counts finished steps, from 1.
  bool due(int64_t step, int64_t steps_per_epoch) const;

  bool operator==(const Every&) const = default;
};

bool parse_text(std::string_view text, Every& every);
std::string to_text(const Every& every);

}  // namespace gan
