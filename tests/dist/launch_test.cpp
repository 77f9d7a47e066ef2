#include "gan/dist/launch.h"

#include "support/test.h"

namespace gan {
namespace {

using Variables = std::map<std::string, std::string>;

std::optional<Launch> launch_of(const Variables& variables) {
  return find_launch([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

const Variables kTorchrun{
    {"RANK", "5"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}, {"MASTER_ADDR", "node-1"}, {"MASTER_PORT", "29500"}};
const Variables kSlurm{{"SLURM_PROCID", "3"},
                       {"SLURM_STEP_NUM_TASKS", "4"},
                       {"SLURM_LOCALID", "1"},
                       {"SLURM_STEP_NODELIST", "gpu-[03-04]"},
                       {"SLURM_JOB_ID", "1234567"}};

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

Variables without(Variables variables, const std::string& name) {
  variables.erase(name);
  return variables;
}

TEST(Launch, TorchrunSaysWhereRankZeroListens) {
  const auto launch = launch_of(kTorchrun);
  ASSERT_TRUE(launch);
  EXPECT_EQ(launch->rank, 5);
  EXPECT_EQ(launch->size, 8);
  EXPECT_EQ(launch->local_rank, 1);
  EXPECT_EQ(launch->address, "node-1");
  EXPECT_EQ(launch->port, 29500);
  EXPECT_FALSE(launch->has_server);
}

TEST(Launch, TorchrunsAgentListensItself) {
  const auto launch = launch_of(with(kTorchrun, "TORCHELASTIC_USE_AGENT_STORE", "True"));
  ASSERT_TRUE(launch);
  EXPECT_TRUE(launch->has_server);
}

TEST(Launch, StepsOfOneJobAndOfTheNextHaveOtherPorts) {
  const auto port = [](const char* job, const char* step) {
    return launch_of(with(with(kSlurm, "SLURM_JOB_ID", job), "SLURM_STEP_ID", step))->port;
  };
  EXPECT_EQ(port("1234567", "0"), 15000 + 4567);
  const std::set<uint16_t> ports{port("7", "0"), port("7", "1"), port("7", "2"), port("8", "0"), port("8", "1")};
  EXPECT_EQ(ports.size(), 5u);
}

TEST(Launch, SlurmsFirstHostListensAtAPortOfTheJob) {
  const auto launch = launch_of(kSlurm);
  ASSERT_TRUE(launch);
  EXPECT_EQ(launch->rank, 3);
  EXPECT_EQ(launch->size, 4);
  EXPECT_EQ(launch->address, "gpu-03");
  EXPECT_EQ(launch->port, 15000 + 4567);
  const auto named = launch_of(with(with(kSlurm, "MASTER_ADDR", "10.0.0.1"), "MASTER_PORT", "777"));
  EXPECT_EQ(named->address, "10.0.0.1");
  EXPECT_EQ(named->port, 777);
}

TEST(Launch, OneProcessIsAlone) {
  EXPECT_FALSE(launch_of({}));
  EXPECT_FALSE(launch_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}));
  EXPECT_FALSE(
      launch_of(without(with(with(kSlurm, "SLURM_PROCID", "0"), "SLURM_STEP_NUM_TASKS", "1"), "SLURM_LOCALID")));
  // A batch script is no step: srun was not asked to start this process.
  EXPECT_FALSE(launch_of(without(kSlurm, "SLURM_STEP_NUM_TASKS")));
}

TEST(Launch, WhatMakesNoSenseIsRefusedByName) {
  const auto refusal = [](const Variables& variables) { return test::error_of([&] { launch_of(variables); }); };
  EXPECT_EQ(refusal(without(kTorchrun, "MASTER_PORT")),
            "started by torchrun, which sets no MASTER_PORT (--no-dist trains in this process alone)");
  for (const char* alone : {"RANK", "WORLD_SIZE"}) {
    EXPECT_THAT(refusal(without(kTorchrun, alone)),
                testing::HasSubstr("started by torchrun, which sets no " + std::string(alone)));
  }
  EXPECT_EQ(refusal(with(kTorchrun, "RANK", "8")),
            "RANK: expected a number from 0 to 7, got '8' (it comes from torchrun)");
  EXPECT_THAT(refusal(with(kTorchrun, "WORLD_SIZE", "many")), testing::HasSubstr("WORLD_SIZE: expected a number"));
  EXPECT_THAT(refusal(with(kTorchrun, "MASTER_PORT", "70000")), testing::HasSubstr("MASTER_PORT: expected a number"));
  EXPECT_THAT(refusal(with(kSlurm, "SLURM_STEP_NODELIST", "gpu-[03")), testing::HasSubstr("SLURM_STEP_NODELIST"));
}

TEST(Launch, TheFirstHostOfSlurmsList) {
  for (const auto& [list, host] : std::map<std::string, std::string>{{"login", "login"},
                                                                     {"a1,b[2-3]", "a1"},
                                                                     {"n[7]", "n7"},
                                                                     {"n[007-012,020],m1", "n007"},
                                                                     {"n[4,6]", "n4"},
                                                                     {"n[1-2]-ib,m", "n1-ib"}}) {
    EXPECT_EQ(first_host(list), host) << list;
  }
}

}  // namespace
}  // namespace gan
