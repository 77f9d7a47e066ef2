#include "gan/data/entries.h"

#include <algorithm>

#include "gan/base/error.h"
#include "gan/base/file_kind.h"
#include "gan/base/text.h"

namespace fs = std::filesystem;

namespace gan {

int64_t Entries::count() const {
  auto count = static_cast<int64_t>(folders.size());
  for (const auto& [ending, paths] : files) count += static_cast<int64_t>(paths.size());
  return count;
}

Entries visible_entries(const fs::path& folder) {
  Entries entries;
  std::error_code error, none;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const fs::path& path = entry.path();
    if (path.filename().string().starts_with('.')) continue;
    (entry.is_directory(none) ? entries.folders : entries.files[name_ending(path)]).push_back(path);
  }
  if (error) throw Error(folder.string() + ": cannot read this folder: " + error.message());
  std::ranges::sort(entries.folders);
  for (auto& [ending, paths] : entries.files) std::ranges::sort(paths);
  return entries;
}

std::string to_text(const Entries& entries) {
  std::string text;
  const auto add = [&](size_t count, const std::string& what) {
    if (count == 0) return;
    text += (text.empty() ? "" : ", ") + with_commas(static_cast<int64_t>(count)) + " " + what;
  };
  for (const auto& [ending, paths] : entries.files) add(paths.size(), ending.empty() ? "without an ending" : ending);
  add(entries.folders.size(), entries.folders.size() == 1 ? "folder" : "folders");
  return text;
}

}  // namespace gan
