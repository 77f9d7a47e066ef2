#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gan/training/options.h"

namespace gan {

/// A config file, read: `name = value` lines, as in a run's options.toml. The file is TOML (https://toml.io/en/v1.0.0)
/// as far as that needs: comments, bare keys, decimal numbers, true and false, and strings on one line with the escapes
/// \" and \\. Everything else (lists, tables, dates, 0x10, 1_000) is refused, and so is an option that is set twice.
struct Config {
  struct Entry {
    std::string flag, text;
    int64_t line;
  };
  std::filesystem::path path;
  std::vector<Entry> entries;   ///< options for both players first: those for one player win
  bool of_a_whole_run = false;  ///< an options.toml: options that it lacks have their defaults, not the recipe's values
};

/// Throws Error with file and line for text that is not such TOML, an unknown option and a value out of range.
Config read_config(const std::filesystem::path& path);

/// Sets the options that the file lists.
void apply(const Config& config, Options& options);

/// Reads the file and applies it.
void apply_config(const std::filesystem::path& path, Options& options);

/// Throws Error, with its line, for an option of the file that nothing reads under `options`. The file of a whole run
/// may hold such options.
void require_readers(const Config& config, const Options& options);

/// The options that a run reads, as a TOML file.
std::string to_toml(const Options& options);

}  // namespace gan
