#include "gan/base/random.h"
#include "networks/pair.h"
#include "support/test.h"

namespace gan {
namespace {

Network decoder_of(Arch arch, bool is_virtual = true) {
  seed_default_generators(3);
  Budget budget = Budget::of_run();
  const NetworkOptions options{.arch = arch, .base_channels = 2, .virtual_batch_norm = is_virtual};
  const Network decoder = architecture(arch).decoder(options, 5, {1, 28, 28}, budget);
  if (is_virtual) set_reference(decoder, at::randn({kReferenceBatch, 5}));
  return decoder;
}

TEST(VirtualBatchNorm, MakesAnImageIndependentOfItsBatch) {
  for (const Arch arch : {Arch::dcgan, Arch::upconv}) {
    SCOPED_TRACE(to_text(arch));
    const at::Tensor rows = at::randn({6, 5});
    const Network decoder = decoder_of(arch), plain = decoder_of(arch, false);
    const auto alone = [&](const Network& network) { return forward(network, rows.narrow(0, 0, 2)); };
    EXPECT_TRUE(at::allclose(forward(decoder, rows).narrow(0, 0, 2), alone(decoder), 1e-4, 1e-5));
    EXPECT_FALSE(at::allclose(forward(plain, rows).narrow(0, 0, 2), alone(plain), 1e-2, 1e-2));
  }
}

TEST(VirtualBatchNorm, HasNoMeansThatTrainingMoves) {
  const Network decoder = decoder_of(Arch::dcgan);
  const at::Tensor rows = at::randn({3, 5}), trained = forward(decoder, rows);
  set_training(decoder, false);
  EXPECT_TRUE(at::equal(forward(decoder, rows), trained));
}

/// With one norm, as upconv has, an example is normalised as the last of a batch of the reference and itself.
TEST(VirtualBatchNorm, TakesAnExampleAsOneOfSixtyFiveOfItsStatistics) {
  const Network decoder = decoder_of(Arch::upconv), plain = decoder_of(Arch::upconv, false);
  const at::Tensor x = at::randn({1, 5}), reference = state_dict(decoder).get<at::Tensor>("reference.batch");
  const at::Tensor expected = forward(plain, at::cat({reference, x})).slice(0, kReferenceBatch);
  EXPECT_TRUE(at::allclose(forward(decoder, x), expected, 1e-3, 1e-4));
}

TEST(VirtualBatchNorm, IsPaidFor) {
  const int64_t weights = test::count(decoder_of(Arch::dcgan));
  Budget enough = Budget::of_file(weights);
  const NetworkOptions options{.base_channels = 2, .virtual_batch_norm = true};
  EXPECT_NO_THROW(architecture(Arch::dcgan).decoder(options, 5, {1, 28, 28}, enough));
  EXPECT_THROW(enough.pay(1), Error);
}

}  // namespace
}  // namespace gan
