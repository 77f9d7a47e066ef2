#include "gan/base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "gan/base/text.h"

namespace gan {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Whether the locale is like "C.UTF-8" or "de_DE.utf8@euro". The first variable that is set decides: setlocale(3).
bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = lower_case(environment(name));
    if (locale.empty()) continue;
    return locale.find(".utf-8") != std::string::npos || locale.find(".utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

Screen screen_of(int descriptor) {
  if (::isatty(descriptor) == 0) return {};
  constexpr int kUsual = 80;
  winsize size{};
  const bool reported = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  const std::string kind = environment("TERM");
  return {.columns = reported ? size.ws_col : kUsual,
          .can_redraw = !kind.empty() && kind != "dumb",
          .has_blocks = is_utf8_locale()};
}

std::string wrapped(const std::string& text, size_t first_column, size_t indent, size_t columns) {
  std::string all;
  size_t column = first_column;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(" |", at), text.size() - 1) + 1;
    std::string word = text.substr(at, end - at);
    const size_t shown = word.size() - word.ends_with(' ');
    if (column + shown > columns && column > indent) {
      all.resize(all.find_last_not_of(' ') + 1);
      all += "\n" + std::string(indent, ' ');
      column = indent;
    }
    all += word;
    column += word.size();
    at = end;
  }
  return all;
}

}  // namespace gan
