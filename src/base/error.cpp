#include "gan/base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace gan {

Error::Error(const std::string& what, const std::string& hint)
    : std::runtime_error(one_line(hint.empty() ? what : what + " (" + hint + ")")) {}

void throw_errno(const std::string& path, const std::string& doing) {
  throw Error(path + ": " + doing + ": " + std::strerror(errno));
}

std::string one_line(const std::string& text) {
  std::string line;
  for (const unsigned char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (c < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", c);
      line += escape;
    } else {
      line += static_cast<char>(c);
    }
  }
  return line;
}

}  // namespace gan
