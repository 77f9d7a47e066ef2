#include "gan/training/averages.h"

#include "gan/networks/build.h"
#include "support/test.h"

namespace gan {
namespace {

Network network() {
  return build_networks({.arch = Arch::dcgan, .base_channels = 1}, {1, 28, 28}).generator;
}

void fill(const Network& network, double value) {
  for (const auto& parameter : parameters(network)) parameter.detach().fill_(value);
}
double first(const Network& network) {
  return parameters(network)[0].flatten()[0].item<double>();
}

TEST(Average, BeginsAtTheSourceAndFollowsItSlowly) {
  const Network source = network();
  fill(source, 1);
  Average average(source, network(), 0.5);
  EXPECT_EQ(first(average.network()), 1);
  fill(source, 2);
  average.follow();  // the decay is still (1 + 1) / (10 + 1)
  EXPECT_NEAR(first(average.network()), 1 * 2.0 / 11 + 2 * 9.0 / 11, 1e-6);
}

TEST(Average, ReachesItsFullDecay) {
  const Network source = network();
  fill(source, 0);
  Average average(source, network(), 0.9);
  for (int i = 0; i < 100; ++i) average.follow();
  fill(source, 1);
  average.follow();
  EXPECT_NEAR(first(average.network()), 0.1, 1e-6);
}

TEST(Average, AveragesRunningAveragesOfBatchNormsToo) {
  const Network source = network();
  Average average(source, network(), 0.5);
  state_dict(source).get<at::Tensor>("norm1.running_mean").fill_(11);
  average.follow();
  EXPECT_NEAR(state_dict(average.network()).get<at::Tensor>("norm1.running_mean")[0].item<double>(), 9, 1e-5);
}

TEST(Average, WithoutDecayIsTheSourceItself) {
  const Network source = network();
  Average average(source, network(), 0);
  fill(source, 3);
  average.follow();
  EXPECT_EQ(first(average.network()), 3);
}

}  // namespace
}  // namespace gan
