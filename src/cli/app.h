#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace gan {

/// Names the flag's values, group and default in --help and hands its text to `take`, which throws gan::Error for a
/// text that is not such a value.
CLI::Option* add_flag_with_text(CLI::App& app, const std::string& flag, const std::string& group,
                                const std::string& help, const std::string& expected, const std::string& default_text,
                                std::function<void(const std::string&)> take);

/// "--flag" and "--no-flag".
CLI::Option* add_switch(CLI::App& app, const std::string& flag, const std::string& group, const std::string& help,
                        std::function<void(bool)> take);

/// Parses, and turns CLI11's errors into gan::Error. The text to print and nothing else to do, for --help and
/// --version, else empty.
std::string parse(CLI::App& app, int argc, const char* const* argv);

}  // namespace gan
