#pragma once

#include <filesystem>

#include "gan/training/options.h"

namespace gan {

/// Sets the options that a file lists: `name = value` lines, as in a run's options.toml. The file is TOML
/// (https://toml.io/en/v1.0.0) as far as that takes: comments, bare keys, decimal numbers, truth values and one-line
/// texts; the rest of it (lists, tables, dates, 0x10, 1_000) is refused, as are two lines for one option. Throws Error
/// naming file and line. A run's options.toml stands for the whole run: what it lacks, being older, has its default
/// then, not its recipe's value.
void apply_config(const std::filesystem::path& path, Options& options);

/// Whether there is such a file, and all options that it gives and leaves out are as in `options`. Throws Error for a
/// file that is none.
bool config_says(const std::filesystem::path& path, const Options& options);

}  // namespace gan
