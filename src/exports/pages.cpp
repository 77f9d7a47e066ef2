#include "gan/exports/pages.h"

#include <c10/util/Exception.h>

namespace gan {

std::string page_with(std::string_view page, const std::string& json) {
  constexpr std::string_view kPlace = "@DATA@";
  const size_t at = page.find(kPlace);
  TORCH_CHECK(at != std::string_view::npos, "page_with: the page has no place for data");
  std::string whole(page.substr(0, at));
  for (const char character : json) {
    if (character == '<') {
      whole += "\\u003c";  // no "</script>" in the data ends it
    } else {
      whole += character;
    }
  }
  return whole.append(page.substr(at + kPlace.size()));
}

}  // namespace gan
