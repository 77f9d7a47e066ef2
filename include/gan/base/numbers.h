#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gan {

/// Numbers by name, in the order in which they are shown: losses, scores, seconds.
using NamedNumbers = std::vector<std::pair<std::string, double>>;

}  // namespace gan
