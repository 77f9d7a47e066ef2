#pragma once

#include <exception>
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

/// Throws the Error "PATH: DOING: reason", the reason being that of `errno`.
[[noreturn]] void throw_errno(const std::string& path, const std::string& doing);

/// What `act` gives; an Error from it gets `where` in front: "WHERE: what".
template <class Act>
auto with_context(const std::string& where, const Act& act) {
  try {
    return act();
  } catch (const Error& error) {
    throw Error(where + ": " + error.what());
  }
}

/// Whether an exception says that there is no more memory: LibTorch's has no type of its own on the CPU.
bool is_out_of_memory(const std::exception& error);

/// What an exception says, in one line: "out of memory", or its message without LibTorch's backtrace.
std::string message_of(const std::exception& error);

/// `text` with control characters written as \n, \t or \xNN.
std::string one_line(const std::string& text);

}  // namespace gan
