#pragma once

#include <functional>
#include <string>

namespace gan {

/// Runs a program's body and gives its exit code: what `body` gives, or, after one line on stderr, 2 for an Error
/// (wrong use or bad input) and 1 for any other exception (the run failed, or our fault) and for an output that could
/// not be written. Where memory runs out it names the flags of `smaller` ("--count"), whose values take most of it.
int run_program(const std::string& name, const std::string& smaller, const std::function<int()>& body);

/// "gan-train 0.1.0 (LibTorch 2.13.0)", or "(LibTorch 2.6.0, built with 2.13.0)" where another one is loaded.
std::string version_text(const std::string& program);

}  // namespace gan
