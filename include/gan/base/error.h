#pragma once

#include <stdexcept>
#include <string>

namespace gan {

/// What the user, a file or the disk did wrong. `what` says, in one line: what, which flag or file, expected and got;
/// `hint` says what to do about it. Control characters (a newline in a path, say) are shown escaped, so that the
/// message stays one line. Our own mistakes are TORCH_CHECK's, never an Error.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what, const std::string& hint = {});
};

/// `text` with control characters written as \n, \t or \xNN.
std::string one_line(const std::string& text);

}  // namespace gan
