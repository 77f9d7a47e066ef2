#include "gan/base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

namespace gan {

Error::Error(const std::string& what, const std::string& hint)
    : std::runtime_error(one_line(hint.empty() ? what : what + " (" + hint + ")")) {}

void throw_errno(const std::string& path, const std::string& doing) {
  throw Error(path + ": " + doing + ": " + std::strerror(errno));
}

bool is_out_of_memory(const std::exception& error) {
  const std::string what = error.what();
  return dynamic_cast<const std::bad_alloc*>(&error) || what.find("can't allocate memory") != std::string::npos ||
         what.find("out of memory") != std::string::npos;
}

std::string message_of(const std::exception& error) {
  if (is_out_of_memory(error)) return "out of memory";
  const std::string what = error.what();
  return one_line(what.substr(0, what.find('\n')));
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
