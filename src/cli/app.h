#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "gan/training/options.h"

namespace gan {

/// Names the flag's values, group and default in --help and hands its text to `take`, which throws gan::Error for a
/// text that is not such a value.
CLI::Option* add_flag_with_text(CLI::App& app, const std::string& flag, const std::string& group,
                                const std::string& help, const std::string& expected, const std::string& default_text,
                                std::function<void(const std::string&)> take);

/// A flag for a field that `parse_text` reads.
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

/// Throws Error naming the flag for a path that begins with a "~" of the shell's, which shells leave alone in
/// --flag=~/path: it would be a folder of that name. A file that is there by that name may be meant.
void require_path(const std::string& flag, const std::string& path);

/// "--flag" and "--no-flag"; `on` is what it is where neither is given.
CLI::Option* add_switch(CLI::App& app, const std::string& flag, const std::string& group, const std::string& help,
                        bool on, std::function<void(bool)> take);

/// Parses, and turns CLI11's errors into gan::Error. The text to print and nothing else to do, for --help, --help-all
/// and --version, else empty.
std::string parse(CLI::App& app, int argc, const char* const* argv);

}  // namespace gan
