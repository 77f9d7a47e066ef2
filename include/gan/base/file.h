#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gan {

/// Throws Error unless `path` is a regular file (a link to one counts); says what it is instead.
void require_regular_file(const std::filesystem::path& path);

/// The whole file. Throws Error if it is not a regular file, cannot be read or changes its length while it is read.
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` whole or not at all: writes a file aside, syncs it, renames it over `path` and syncs the folder.
/// Throws Error, with `path` as it was and nothing left aside.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace gan
