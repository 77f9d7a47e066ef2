#include "gan/run/folder.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "gan/base/error.h"
#include "gan/base/text.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

std::string padded(int64_t number, int width) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*lld", width, static_cast<long long>(number));
  return text;
}

std::string step_name(int64_t step) {
  return "step-" + padded(step, 6);
}

/// The step of "step-000100.pt"; -1 for any other name.
int64_t step_of(const fs::path& path) {
  const std::string name = path.stem().string();
  int64_t step = -1;
  if (path.extension() == ".pt" && name.starts_with("step-")) parse_text(std::string_view(name).substr(5), step);
  return step;
}

/// One more than the highest number that a folder in `root` begins with.
int64_t next_number(const fs::path& root) {
  int64_t next = 0, number = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root, none)) {
    const std::string name = entry.path().filename().string();
    if (parse_text(std::string_view(name).substr(0, name.find('-')), number)) next = std::max(next, number + 1);
  }
  return next;
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Error("--out: " + path.string() + ": cannot make this folder: " + error.message());
}

std::vector<fs::path> checkpoints_by_step(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (step_of(entry.path()) >= 0) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) { return step_of(a) < step_of(b); });
  return paths;
}

}  // namespace

RunFolder RunFolder::create(const fs::path& path, const std::string& name) {
  fs::path chosen = path;
  if (path.empty()) {
    const fs::path root = "runs";
    make_folder(root);
    int64_t number = next_number(root);
    std::error_code error;
    do {  // again if another run took the number meanwhile
      chosen = root / (padded(number++, 5) + "-" + name);
    } while (!fs::create_directory(chosen, error) && !error);
    if (error) throw Error("--out: " + chosen.string() + ": cannot make this folder: " + error.message());
  } else {
    std::error_code error;
    if (fs::exists(path, error) && !fs::is_directory(path, error))
      throw Error("--out: " + path.string() + ": not a folder");
    if (fs::exists(path, error) && !fs::is_empty(path, error)) {
      throw Error("--out: " + path.string() + ": the folder is not empty", "take another, or go on with --resume");
    }
  }
  const RunFolder folder(chosen);
  make_folder(folder.samples());
  make_folder(folder.checkpoints());
  return folder;
}

fs::path RunFolder::sample(int64_t step) const {
  return samples() / (step_name(step) + ".png");
}
fs::path RunFolder::checkpoint(int64_t step) const {
  return checkpoints() / (step_name(step) + ".pt");
}

fs::path RunFolder::newest_checkpoint() const {
  std::error_code error;
  if (!fs::exists(path_, error)) throw Error("--resume: " + path_.string() + ": no such folder");
  const auto paths = checkpoints_by_step(checkpoints());
  if (paths.empty()) throw Error("--resume: " + path_.string() + ": no checkpoint in " + checkpoints().string());
  return paths.back();
}

void RunFolder::prune_checkpoints(size_t keep) const {
  auto paths = checkpoints_by_step(checkpoints());
  while (paths.size() > keep) {
    std::error_code ignored;  // an old checkpoint too many harms nobody
    fs::remove(paths.front(), ignored);
    paths.erase(paths.begin());
  }
}

}  // namespace gan
