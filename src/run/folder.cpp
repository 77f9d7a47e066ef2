#include "gan/run/folder.h"

#include <algorithm>
#include <cstdio>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/text.h"
#include "gan/data/dataset.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

constexpr const char* kRuns = "runs";  // holds the runs that were given no folder

std::string padded(int64_t number, int width) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*lld", width, static_cast<long long>(number));
  return text;
}

std::string step_name(int64_t step) {
  return "step-" + padded(step, 6);
}

/// The step of "step-000100.pt"; -1 for any other name.
int64_t step_of(const fs::path& path, const std::string& extension = ".pt") {
  const std::string name = path.stem().string();
  int64_t step = -1;
  if (path.extension() == extension && name.starts_with("step-")) parse_text(std::string_view(name).substr(5), step);
  return step;
}

std::vector<SavedGrid> grids_in(const fs::path& folder) {
  std::vector<SavedGrid> grids;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const int64_t step = step_of(entry.path(), ".png");
    if (step >= 0 && entry.is_regular_file(none)) grids.push_back({step, entry.path()});
  }
  std::ranges::sort(grids, {}, &SavedGrid::step);
  return grids;
}

/// One more than the highest number that a folder in `root` begins with.
int64_t next_number(const fs::path& root) {
  constexpr int64_t kMost = 999'999'999;  // a larger number is not one of ours
  int64_t next = 0, number = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root, none)) {
    const std::string name = entry.path().filename().string();
    const bool numbered = parse_text(std::string_view(name).substr(0, name.find('-')), number);
    if (numbered && number < kMost) next = std::max(next, number + 1);
  }
  return next;
}

/// Whether the file is empty or holds the id of a process, as our locks do.
bool is_lock(const fs::path& path) {
  std::error_code none;
  constexpr uintmax_t kMostBytes = 24;
  if (!fs::is_regular_file(path, none) || fs::file_size(path, none) > kMostBytes) return false;
  const std::string text = read_file(path);
  return text.find_first_not_of("0123456789\n") == std::string::npos;
}

/// Whether the folder is free to take: empty, or with no more than a run leaves that was killed while it began.
bool is_unused(const RunFolder& folder) {
  std::error_code none;
  const fs::directory_iterator entries(folder.path(), none);
  return std::all_of(begin(entries), end(entries), [&](const auto& entry) {
    if (entry.path() == folder.lock()) return is_lock(entry.path());
    if (!entry.is_directory(none)) return is_leftover(entry.path());
    const fs::directory_iterator inner(entry.path(), none);
    return std::all_of(begin(inner), end(inner), [](const auto& file) { return is_leftover(file.path()); });
  });
}

void require_unused(const RunFolder& folder) {
  std::error_code none;
  if (fs::exists(folder.path(), none) && !fs::is_directory(folder.path(), none)) {
    throw Error("--out: " + folder.path().string() + ": not a folder");
  }
  if (!is_unused(folder)) {
    throw Error("--out: " + folder.path().string() + ": the folder is not empty",
                "take another, or go on with --resume");
  }
}

fs::path make_next_folder(const fs::path& root, const std::string& name) {
  make_folder(root);
  int64_t number = next_number(root);
  fs::path path;
  std::error_code error;
  do {  // again if another run took the number meanwhile
    path = root / (padded(number++, 5) + "-" + name);
  } while (!fs::create_directory(path, error) && !error);
  if (error) throw Error(path.string() + ": cannot make this folder: " + error.message());
  sync_folder(root);
  return path;
}

}  // namespace

std::vector<SavedGrid> spread(const std::vector<SavedGrid>& grids, size_t most) {
  if (grids.size() <= most) return grids;
  if (most == 1) return {grids.back()};
  std::vector<SavedGrid> some;
  for (size_t i = 0; i < most; ++i) some.push_back(grids[i * (grids.size() - 1) / (most - 1)]);
  return some;
}

RunFolder RunFolder::create(const fs::path& path, const std::string& name) {
  RunFolder folder(path);
  require_unused(folder);
  with_context("--out", [&] {
    if (path.empty()) folder.path_ = make_next_folder(kRuns, name);
    make_folder(folder.path());
  });
  folder.take();
  require_unused(folder);  // another run may have come first, and ended
  return folder;
}

void RunFolder::require_place(const fs::path& path) {
  const RunFolder folder(path);
  require_unused(folder);
  with_context("--out", [&] { require_writable(path.empty() ? fs::path(kRuns) / "any" / "lock" : folder.lock()); });
}

fs::path RunFolder::cache_for(const fs::path& path) {
  std::error_code none;
  const fs::path run = fs::absolute(path.empty() ? fs::path(kRuns) / "any" : path).lexically_normal();
  const fs::path cache = (run.has_filename() ? run : run.parent_path()).parent_path() / "picture-cache";
  const fs::path relative = cache.lexically_relative(fs::current_path(none));
  return relative.empty() || *relative.begin() == ".." ? cache : relative;
}

fs::path RunFolder::start_folder() const {
  constexpr uint64_t kMaxPathBytes = 64 << 10;
  if (std::error_code none; !fs::exists(started_in(), none)) return {};
  const std::string line = read_file(started_in(), kMaxPathBytes);
  return line.substr(0, line.find_last_not_of('\n') + 1);
}

std::string RunFolder::data_at(const std::string& data) const {
  const std::string there = data_from(start_folder(), data);
  return has_data(there) ? there : data;
}

RunFolder RunFolder::open(const fs::path& path) {
  RunFolder folder = look_at(path);
  folder.take();
  return folder;
}

RunFolder RunFolder::look_at(const fs::path& path, const std::string& flag) {
  RunFolder folder(path);
  std::error_code error;
  if (!fs::exists(path, error)) throw Error(flag + ": " + path.string() + ": no such folder");
  if (!fs::is_directory(path, error)) {
    throw Error(flag + ": " + path.string() + ": expected a run's folder, got a file");
  }
  if (!folder.has_run()) {
    throw Error(flag + ": " + path.string() + ": no run in this folder: neither options.toml nor a checkpoint");
  }
  for (const auto& file : {folder.metrics(), folder.log()}) {
    if (fs::exists(fs::symlink_status(file, error))) require_regular_file(file);
  }
  return folder;
}

bool RunFolder::has_run() const {
  std::error_code none;
  return fs::exists(options(), none) || !checkpoints_newest_first().empty();
}

void RunFolder::take() {
  lock_ = std::make_shared<FileLock>(lock());
  for (const auto& folder : {path(), samples(), reconstructions(), checkpoints()}) remove_leftovers(folder);
}

fs::path RunFolder::sample(int64_t step) const {
  return samples() / (step_name(step) + ".png");
}
fs::path RunFolder::reconstruction(int64_t step) const {
  return reconstructions() / (step_name(step) + ".png");
}
fs::path RunFolder::checkpoint(int64_t step) const {
  return checkpoints() / (step_name(step) + ".pt");
}

std::vector<SavedGrid> RunFolder::samples_saved() const {
  return grids_in(samples());
}
std::vector<SavedGrid> RunFolder::reconstructions_saved() const {
  return grids_in(reconstructions());
}

std::vector<fs::path> RunFolder::checkpoints_newest_first() const {
  std::vector<fs::path> paths;
  std::error_code error;
  if (!fs::exists(fs::symlink_status(checkpoints(), error))) return paths;
  const fs::directory_iterator entries(checkpoints(), error);
  if (error) throw Error(checkpoints().string() + ": cannot read this folder: " + error.message());
  for (const auto& entry : entries) {
    if (step_of(entry.path()) >= 0) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) { return step_of(a) > step_of(b); });
  return paths;
}

std::vector<fs::path> RunFolder::checkpoints_to_go_back_to(int64_t last) const {
  std::vector<fs::path> paths = checkpoints_newest_first();
  const auto later =
      std::stable_partition(paths.begin(), paths.end(), [&](const auto& path) { return step_of(path) <= last; });
  std::reverse(later, paths.end());
  return paths;
}

void RunFolder::prune_checkpoints(size_t keep, const std::function<bool(int64_t step)>& wanted) const {
  const auto paths = checkpoints_newest_first();
  for (size_t i = keep; i < paths.size(); ++i) {
    std::error_code ignored;  // one old checkpoint too many does no harm
    if (!wanted(step_of(paths[i]))) fs::remove(paths[i], ignored);
  }
}

void RunFolder::drop_checkpoints_after(int64_t step) const {
  for (const auto& path : checkpoints_newest_first()) {
    std::error_code error;
    if (step_of(path) > step) fs::remove(path, error);
    if (error) throw Error(path.string() + ": cannot remove: " + error.message());
  }
  sync_folder(checkpoints());
}

}  // namespace gan
