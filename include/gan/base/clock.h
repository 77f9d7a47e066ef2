#pragma once

#include <chrono>

namespace gan {

/// Seconds since some time in the past, on a clock that never goes back.
inline double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace gan
