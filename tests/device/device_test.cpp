#include "gan/device/device.h"

#include <ATen/Context.h>

#include <cstdlib>

#include "support/test.h"

namespace gan {
namespace {

TEST(Device, OnACpuDeterminismChangesNothing) {
  const auto& context = at::globalContext();
  const bool benchmark = context.benchmarkCuDNN(), fill = context.deterministicFillUninitializedMemory();
  set_up_determinism(at::kCPU);
  EXPECT_FALSE(context.deterministicAlgorithms());  // some kernels of a CPU, too, would be other and slower ones
  EXPECT_FALSE(context.deterministicCuDNN());
  EXPECT_EQ(context.benchmarkCuDNN(), benchmark);
  EXPECT_EQ(context.deterministicFillUninitializedMemory(), fill);
}

TEST(Device, AnUnknownNameIsAnsweredWithTheNamesThereAre) {
  for (const std::string name : {"", "gpu", "CPU", "cpu:0", "cuda:", "cuda:-1", "cuda:x", "cuda:1x"}) {
    EXPECT_EQ(test::error_of([&] { find_device(name); }),
              "--device: expected auto, cpu, cuda or cuda:N, got '" + name + "'");
  }
}

TEST(Device, AGpuThatIsNotThereIsRefused) {
  EXPECT_THAT(test::error_of([] { find_device("cuda:99"); }), testing::HasSubstr("--device cuda:99: "));
  EXPECT_THROW(find_device("cuda:9223372036854775807"), Error);
  EXPECT_TRUE(find_device("cpu").is_cpu());
}

}  // namespace
}  // namespace gan
