#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace gan {

/// How many CPUs this process can keep busy, 1 or more: those in its affinity mask, or fewer if the quota of its
/// control groups is smaller. More threads only wait for each other: with a quota of one CPU on a machine of two, a
/// step took 30 % longer with two threads.
int64_t usable_cpus();

/// The smallest quota, in CPUs (1.5), of this process's control group and its ancestors, version 2 (cpu.max) or 1
/// (cpu.cfs_quota_us / cpu.cfs_period_us); none if there is no limit. `root` is the folder with proc and sys.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace gan
