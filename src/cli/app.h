#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "gan/training/options.h"

namespace gan {

/// Adds a flag with its values, group and default for --help. Its text goes to `take`, which throws gan::Error for a
/// wrong text.
CLI::Option* add_flag_with_text(CLI::App& app, const std::string& flag, const std::string& group,
                                const std::string& help, const std::string& expected, const std::string& default_text,
                                std::function<void(const std::string&)> take);

/// Adds a flag for a field that `parse_text` reads.
template <class Field>
CLI::Option* add_field(CLI::App& app, const char* flag, const char* group, const char* help, Field& field,
                       const std::string& default_text) {
  return add_flag_with_text(app, flag, group, help, placeholder(field), default_text,
                            [&field, flag](const std::string& text) {
                              parse_option(OptionInfo{flag, "", ""}, text, field);
                            });
}

/// Throws Error naming the flag, with its dashes, unless the value is in its range.
void require_range(const char* flag, int64_t value, int64_t min, int64_t max);

/// Throws Error naming the flag for a path with control characters, and for one that begins with "~": shells leave it
/// alone in --flag=~/path, and it would name a folder "~". Such a path is accepted if it exists.
void require_path(const std::string& flag, const std::string& path);

/// Adds "--flag" and "--no-flag"; `on` is the value without either.
CLI::Option* add_switch(CLI::App& app, const std::string& flag, const std::string& group, const std::string& help,
                        bool on, std::function<void(bool)> take);

/// Parses, and turns CLI11's errors into gan::Error. Returns the text to print for --help, --help-all and --version,
/// else an empty one.
std::string parse(CLI::App& app, int argc, const char* const* argv);

}  // namespace gan
