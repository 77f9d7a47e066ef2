#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gan {

/// What a file is that was given for another: "a PNG picture", "a NumPy archive (.npz)", by how its content begins and,
/// where that tells too little, by its name.
struct FileKind {
  std::string what;      ///< empty: not known
  bool archive = false;  ///< it holds other files
};

constexpr size_t kKindBytes = 512;  ///< that much of the beginning is enough, and less is no error
FileKind file_kind(std::string_view beginning, const std::filesystem::path& name);

/// ".png" of "a.b.PNG"; empty for a name without one.
std::string name_ending(const std::filesystem::path& name);

}  // namespace gan
