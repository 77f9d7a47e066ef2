#include "gan/networks/network.h"

#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

using test::new_pair;
using test::Pair;

TEST(StateDict, RefusesTensorsOfAnotherNetwork) {
  const Pair wide = new_pair({.base_channels = 8}, {1, 28, 28});
  const Pair slim = new_pair({.base_channels = 4}, {1, 28, 28});
  EXPECT_THROW(load_state_dict(wide.generator, state_dict(slim.generator)), Error);
  EXPECT_THROW(load_state_dict(wide.generator, state_dict(wide.discriminator)), Error);
}

TEST(StateDict, CarriesParametersAndRunningAverages) {
  const Pair from = new_pair({.base_channels = 4}, {1, 28, 28});
  const Pair to = new_pair({.base_channels = 4}, {1, 28, 28});
  forward(from.generator, at::randn({4, 100}));  // moves the running averages
  load_state_dict(to.generator, state_dict(from.generator));
  set_training(from.generator, false);
  set_training(to.generator, false);
  const at::Tensor latents = at::randn({2, 100});
  EXPECT_TRUE(at::equal(forward(from.generator, latents), forward(to.generator, latents)));
}

TEST(Network, GivesTheSameRowsInferredAloneAndAmongMany) {
  const Network generator = new_pair({.base_channels = 2}).generator;
  const at::Tensor latents = at::randn({130, 100});
  EXPECT_TRUE(at::equal(infer(generator, latents)[129], infer(generator, latents.narrow(0, 129, 1))[0]));
}

TEST(Network, InBatchesCallsWithBatchesOfOneSize) {
  std::vector<int64_t> sizes;
  const at::Tensor x = at::arange(70.0);
  const at::Tensor twice = in_batches(x, at::kCPU, [&](const at::Tensor& batch) {
    sizes.push_back(batch.size(0));
    return 2 * batch;
  });
  EXPECT_TRUE(at::equal(twice, 2 * x));
  EXPECT_THAT(sizes, testing::ElementsAre(64, 64));
}

}  // namespace
}  // namespace gan
