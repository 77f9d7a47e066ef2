#include "gan/training/average.h"

#include "gan/networks/architecture.h"
#include "support/test.h"

namespace gan {
namespace {

Network network() {
  Budget budget = Budget::of_run();
  return architecture(Arch::dcgan).decoder({.base_channels = 1}, 100, {1, 28, 28}, budget);
}

void fill(const Network& network, double value) {
  for (const auto& parameter : parameters(network)) parameter.detach().fill_(value);
}
double first(const Dict& state) {
  return std::get<at::Tensor>(state.items[0].second).flatten()[0].item<double>();
}
double first(const Average& average) {
  return first(average.state_dict());
}

TEST(Average, BeginsAtTheSourceAndFollowsItSlowly) {
  const Network source = network();
  fill(source, 1);
  Average average(source, 0.5);
  EXPECT_EQ(first(average), 1);
  fill(source, 2);
  average.follow();  // the decay is still (1 + 1) / (10 + 1)
  EXPECT_NEAR(first(average), 1 * 2.0 / 11 + 2 * 9.0 / 11, 1e-6);
}

TEST(Average, ReachesItsFullDecay) {
  const Network source = network();
  fill(source, 0);
  Average average(source, 0.9);
  for (int i = 0; i < 100; ++i) average.follow();
  fill(source, 1);
  average.follow();
  EXPECT_NEAR(first(average), 0.1, 1e-6);
}

TEST(Average, AveragesRunningAveragesOfBatchNormsToo) {
  const Network source = network();
  Average average(source, 0.5);
  state_dict(source).get<at::Tensor>("norm1.running_mean").fill_(11);
  average.follow();
  EXPECT_NEAR(average.state_dict().get<at::Tensor>("norm1.running_mean")[0].item<double>(), 9, 1e-5);
}

TEST(Average, WithoutDecayIsTheSourceItself) {
  const Network source = network();
  Average average(source, 0);
  fill(source, 3);
  average.follow();
  EXPECT_EQ(first(average), 3);
}

TEST(Average, IsExchangedWithTheWeightsInPlaceAndBack) {
  const Network source = network();
  fill(source, 1);
  std::map<std::string, Average> averages{{"g", Average(source, 0.9)}};
  fill(source, 5);
  const void* address = parameters(source)[0].data_ptr();
  {
    const AveragesInPlace in_place(averages);
    EXPECT_EQ(first(state_dict(source)), 1);
    EXPECT_EQ(parameters(source)[0].data_ptr(), address);
  }
  EXPECT_EQ(first(state_dict(source)), 5);
  EXPECT_EQ(first(averages.at("g")), 1);
}

TEST(Average, RefusesAStateThatDoesNotFitAndKeepsItsOwn) {
  Average average(network(), 0.9);
  const double before = first(average);
  EXPECT_THAT(test::error_of([&] { average.load(Dict{{{"x", at::zeros({1})}}}, 3); }), testing::HasSubstr("tensors"));
  EXPECT_EQ(first(average), before);
}

}  // namespace
}  // namespace gan
