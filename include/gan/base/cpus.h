#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace gan {

/// How many CPUs this process can keep busy: those that it may run on (its affinity), or fewer if the quota of its
/// control groups is smaller; 1 or more. Threads beyond that wait for each other: a container with a quota of one CPU
/// on a machine of two took 30 % longer for a step with two.
int64_t usable_cpus();

/// The smallest quota, in CPUs ("1.5"), of this process's control group and those above it, version 2 (cpu.max) or 1
/// (cpu.cfs_quota_us / cpu.cfs_period_us); none if nothing limits it. `root` is where /proc and /sys are.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace gan
