// The Python that scripts/setup.sh found, for tests that compare with other programs.
#pragma once

#include <string>
#include <vector>

#include "support/test.h"

namespace gan::test {

/// Whether there is a Python, and it has all these modules.
inline bool has_modules(const std::vector<std::string>& modules) {
  std::vector<std::string> arguments{
      "-c", "import importlib.util as u, sys; sys.exit(any(u.find_spec(name) is None for name in sys.argv[1:]))"};
  arguments.insert(arguments.end(), modules.begin(), modules.end());
  return !std::string(GAN_TEST_PYTHON).empty() && run(GAN_TEST_PYTHON, arguments).code == 0;
}

}  // namespace gan::test
