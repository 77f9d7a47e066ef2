#include "gan/base/cpus.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gan/base/text.h"

namespace fs = std::filesystem;

namespace gan {

namespace {

using Quota = std::optional<double>;

/// The words of a file's first line; none if it cannot be read.
std::vector<std::string> words_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line, word;
  std::getline(file, line);
  std::istringstream in(line);
  std::vector<std::string> words;
  while (in >> word) words.push_back(word);
  return words;
}

Quota share(const std::string& quota, const std::string& period) {
  int64_t part = 0, whole = 0;
  const bool limited = parse_text(quota, part) && parse_text(period, whole) && part > 0 && whole > 0;
  return limited ? Quota(static_cast<double>(part) / static_cast<double>(whole)) : Quota();
}

/// cpu.max holds "150000 100000", or "max 100000" for no quota.
Quota quota_of_version_2(const fs::path& group) {
  const auto max = words_of(group / "cpu.max");
  return max.size() == 2 ? share(max[0], max[1]) : Quota();
}

/// Quota and period have a file each; -1 means no quota.
Quota quota_of_version_1(const fs::path& group) {
  const auto quota = words_of(group / "cpu.cfs_quota_us"), period = words_of(group / "cpu.cfs_period_us");
  return quota.size() == 1 && period.size() == 1 ? share(quota[0], period[0]) : Quota();
}

Quota smaller(Quota a, Quota b) {
  return a && b ? Quota(std::min(*a, *b)) : a ? a : b;
}

/// The smallest quota of the group `name` ("/a/b") and its ancestors. Includes the mount's own top: in a container the
/// name may exist only outside, and the top is the container's group.
Quota smallest_above(const fs::path& mount, const fs::path& name, Quota (*quota_of)(const fs::path& group)) {
  Quota smallest = quota_of(mount);
  for (fs::path group = name.relative_path(); !group.empty(); group = group.parent_path()) {
    smallest = smaller(smallest, quota_of(mount / group));
  }
  return smallest;
}

bool names_cpu(const std::string& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");  // lines of "number:controllers:/name"; version 2 is "0::/name"
  Quota smallest;
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), name = line.substr(second + 1);
    if (controllers.empty()) {
      smallest = smaller(smallest, smallest_above(mounts, name, quota_of_version_2));
    } else if (names_cpu(controllers)) {
      for (const std::string& mount : {controllers, std::string("cpu")}) {  // "cpu,cpuacct", or the link "cpu"
        smallest = smaller(smallest, smallest_above(mounts / mount, name, quota_of_version_1));
      }
    }
  }
  return smallest;
}

int64_t usable_cpus() {
  cpu_set_t set;
  const bool known = ::sched_getaffinity(0, sizeof set, &set) == 0;  // fails beyond 1024 CPUs
  const int64_t cpus = known ? CPU_COUNT(&set) : static_cast<int64_t>(std::thread::hardware_concurrency());
  const double quota = cpu_quota().value_or(static_cast<double>(cpus));
  return std::max<int64_t>(1, std::min(cpus, static_cast<int64_t>(quota)));
}

}  // namespace gan
