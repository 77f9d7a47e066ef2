#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace gan {

/// A fault of the user, a file or the disk. `what` says in one line: which flag or file, expected, got. `hint` says
/// what to do about it. Control characters, such as a newline in a path, are escaped, so the message stays one line.
/// For bugs of our own use TORCH_CHECK.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what, const std::string& hint = {});
};

/// Throws the Error "PATH: DOING: reason" with the reason of `errno`.
[[noreturn]] void throw_errno(const std::string& path, const std::string& doing);

/// Returns what `act` returns. An Error that it throws becomes "WHERE: what".
template <class Act>
auto with_context(const std::string& where, const Act& act) {
  try {
    return act();
  } catch (const Error& error) {
    throw Error(where + ": " + error.what());
  }
}

/// Whether memory ran out. Reads the message, too: on the CPU LibTorch has no type for this.
bool is_out_of_memory(const std::exception& error);

/// The message of an exception in one line: "out of memory", or its text without LibTorch's backtrace.
std::string message_of(const std::exception& error);

/// `text` with control characters written as \n, \t or \xNN.
std::string one_line(const std::string& text);

}  // namespace gan
