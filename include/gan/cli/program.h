#pragma once

#include <functional>
#include <string>

namespace gan {

/// Runs a program's body and ends the process with its exit code. After an exception it prints one line to stderr; the
/// code is 2 for an Error (wrong use or bad input) and 1 for any other (the run failed, or a bug); also 1 if stdout
/// cannot be written. When memory runs out, the line names the flags of `smaller` ("--count"), which decide how much is
/// needed.
[[noreturn]] void run_program(const std::string& name, const std::string& smaller, const std::function<int()>& body);

/// "gan-train 0.1.0 (LibTorch 2.13.0)", or "(LibTorch 2.6.0, built with 2.13.0)" if another one is loaded.
std::string version_text(const std::string& program);

}  // namespace gan
