#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gan {

/// Numbers by name, in the order in which they are shown: losses, scores, seconds.
using NamedNumbers = std::vector<std::pair<std::string, double>>;

/// The number of that name, if there is one.
inline std::optional<double> find(const NamedNumbers& numbers, const std::string& name) {
  for (const auto& [key, value] : numbers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace gan
