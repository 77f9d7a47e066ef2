// What LibTorch's ProcessGroupGloo.hpp needs to see of gloo, whose headers the wheel lacks and whose code it has. None
// of these classes is made, derived from or called by our own code.
#pragma once

#include <chrono>

namespace gloo {
class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};
}  // namespace gloo
