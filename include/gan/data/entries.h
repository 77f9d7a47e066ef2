#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gan {

/// The entries of a folder in the order of their names, without hidden ones: those whose name begins with a dot, such
/// as the "._a.png" that macOS makes beside "a.png".
struct Entries {
  std::vector<std::filesystem::path> folders;
  std::map<std::string, std::vector<std::filesystem::path>> files;  ///< by extension, see name_ending

  int64_t count() const;
};

/// Throws Error if the folder cannot be read.
Entries visible_entries(const std::filesystem::path& folder);

/// "20 .jpg, 1 .txt, 2 folders"
std::string to_text(const Entries& entries);

}  // namespace gan
