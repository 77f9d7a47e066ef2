#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gan {

/// The kind of a file that is not what we expected, for error messages: "a PNG picture", "a NumPy archive (.npz)".
/// Decided by its first bytes, and by its name where those are ambiguous.
struct FileKind {
  std::string what;      ///< empty if unknown
  bool archive = false;  ///< it packs other files
};

constexpr size_t kKindBytes = 512;  ///< pass so many first bytes, or all of a shorter file
FileKind file_kind(std::string_view beginning, const std::filesystem::path& name);

/// The extension in lower case: ".png" of "a.b.PNG"; empty if there is none.
std::string name_ending(const std::filesystem::path& name);

}  // namespace gan
