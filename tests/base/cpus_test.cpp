#include "gan/base/cpus.h"

#include <sched.h>

#include "support/test.h"

namespace gan {
namespace {

using test::spill;
using test::TemporaryFolder;

/// A tree of control groups: /proc/self/cgroup and the files of each group.
void lay_out(const TemporaryFolder& root, const std::string& groups,
             const std::vector<std::pair<std::string, std::string>>& files) {
  std::filesystem::create_directories(root / "proc/self");
  spill(root / "proc/self/cgroup", groups);
  for (const auto& [name, text] : files) {
    const auto path = root.path() / "sys/fs/cgroup" / name;
    std::filesystem::create_directories(path.parent_path());
    spill(path, text);
  }
}

TEST(CpuQuota, IsNoneWithoutALimit) {
  const TemporaryFolder nothing, version_2, version_1;
  lay_out(version_2, "0::/user\n", {{"cpu.max", "max 100000\n"}, {"user/cpu.max", "max 100000\n"}});
  lay_out(version_1, "4:cpu,cpuacct:/\n",
          {{"cpu,cpuacct/cpu.cfs_quota_us", "-1\n"}, {"cpu,cpuacct/cpu.cfs_period_us", "100000\n"}});
  for (const auto* root : {&nothing, &version_2, &version_1}) EXPECT_EQ(cpu_quota(root->path()), std::nullopt);
}

TEST(CpuQuota, Version2TakesTheSmallestOfTheGroupAndItsAncestors) {
  const TemporaryFolder root;
  lay_out(root, "0::/slice/job\n",
          {{"cpu.max", "max 100000\n"}, {"slice/cpu.max", "150000 100000\n"}, {"slice/job/cpu.max", "200000 50000\n"}});
  EXPECT_EQ(cpu_quota(root.path()), 1.5);
}

TEST(CpuQuota, Version1IsFoundAtEitherMount) {
  for (const std::string mount : {"cpu", "cpu,cpuacct"}) {
    const TemporaryFolder root;
    lay_out(root, "5:pids:/x\n4:cpu,cpuacct:/job\n",
            {{mount + "/job/cpu.cfs_quota_us", "100000\n"}, {mount + "/job/cpu.cfs_period_us", "100000\n"}});
    EXPECT_EQ(cpu_quota(root.path()), 1) << mount;
  }
}

TEST(CpuQuota, IsFoundInAContainerWhoseGroupIsTheTop) {
  const TemporaryFolder root;
  lay_out(root, "3:cpu:/docker/0123abc\n",
          {{"cpu/cpu.cfs_quota_us", "50000\n"}, {"cpu/cpu.cfs_period_us", "100000\n"}});
  EXPECT_EQ(cpu_quota(root.path()), 0.5);
}

TEST(CpuQuota, IgnoresMalformedFiles) {
  for (const std::string text : {"", "max", "1 2 3", "100000 0", "-5 100000", "1e5 100000", "99999999999999999999 1"}) {
    const TemporaryFolder root;
    lay_out(root, "nonsense\n0::/\n", {{"cpu.max", text}});
    EXPECT_EQ(cpu_quota(root.path()), std::nullopt) << text;
  }
}

TEST(UsableCpus, RespectTheAffinityMask) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_LE(usable_cpus(), CPU_COUNT(&before));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const int64_t cpus = usable_cpus();
  sched_setaffinity(0, sizeof before, &before);
  EXPECT_EQ(cpus, 1);
}

}  // namespace
}  // namespace gan
