#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gan {

/// What lies in a folder and is not hidden: names that begin with a dot, as macOS's "._a.png" beside "a.png", are left
/// out. In the order of their names.
struct Entries {
  std::vector<std::filesystem::path> folders;
  std::map<std::string, std::vector<std::filesystem::path>> files;  ///< by the endings of their names, see name_ending

  int64_t count() const;
};

/// Throws Error if the folder cannot be read.
Entries visible_entries(const std::filesystem::path& folder);

/// "20 .jpg, 1 .txt, 2 folders"
std::string to_text(const Entries& entries);

}  // namespace gan
