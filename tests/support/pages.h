// The lines of documents that tests run as they stand.
#pragma once

#include <string>

#include "support/test.h"

namespace gan::test {

/// The lines of a page's blocks in that language.
inline std::string lines_in(const std::string& page, const std::string& language) {
  const std::string text = slurp(fs::path(GAN_SOURCE_DIR) / "docs" / page), fence = "```" + language + "\n";
  std::string lines;
  for (size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    lines += text.substr(at, text.find("```", at) - at);
  }
  EXPECT_NE(lines, "") << page;
  return lines;
}

}  // namespace gan::test
