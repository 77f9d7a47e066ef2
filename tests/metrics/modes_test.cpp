#include "gan/metrics/modes.h"

#include "gan/base/random.h"
#include "gan/data/stacked_mnist.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using testing::HasSubstr;

TEST(Modes, OfAPerfectSamplerMatchThePublishedFloor) {
  const Modes modes = modes_of_uniform(1000, 26'000);
  EXPECT_EQ(modes.found, 1000);
  EXPECT_NEAR(modes.kl, 999 / (2.0 * 26'000), 0.003);  // the mean of chi-squared with 999 degrees of freedom, over 2 N
}

TEST(Modes, AreTriplesOfTheChannelsClasses) {
  seed_default_generators(0);
  const Classifier classifier{
      .name = "any", .images = {1, 8, 8}, .classes = 3, .network = build_classifier({1, 8, 8}, 3)};
  const at::Tensor digits = at::randint(256, {30, 1, 8, 8}, at::kByte);
  const at::Tensor classes = extract_features(classifier, digits).probabilities.argmax(1);
  const at::Tensor stacked = digits.view({10, 3, 8, 8});
  const at::Tensor triples = classes.view({10, 3}).matmul(at::tensor({9, 3, 1}, at::kLong));
  const at::Tensor p = at::bincount(triples, {}, 27).to(at::kDouble) / 10;
  const Modes modes = count_modes(classifier, stacked);
  EXPECT_EQ(modes.all, 27);
  EXPECT_EQ(modes.found, std::get<0>(at::_unique2(triples)).numel());
  double kl = 0;
  for (int64_t i = 0; i < 27; ++i) {
    const double share = p[i].item<double>();
    if (share > 0) kl += share * std::log(27 * share);
  }
  EXPECT_NEAR(modes.kl, kl, 1e-12);
}

TEST(Modes, RefuseOtherImages) {
  const Classifier classifier{.name = "any", .images = {1, 8, 8}, .classes = 3};
  EXPECT_THAT(error_of([&] {
                count_modes(classifier, at::zeros({5, 1, 8, 8}, at::kByte));
              }),
              HasSubstr("expected stacked images, 3x8x8, got 1x8x8"));
}

TEST(StackedMnist, HasAnyDigitInEachChannelByTheSeed) {
  const Dataset digits = load_dataset(test::mnist_tiny());
  const Dataset one = stack_digits(digits, 50, 1);
  EXPECT_EQ(to_text(one.shape()), "3x28x28");
  EXPECT_FALSE(one.labels.defined());
  EXPECT_TRUE(at::equal(one.images, stack_digits(digits, 50, 1).images));
  EXPECT_FALSE(at::equal(one.images, stack_digits(digits, 50, 2).images));
  EXPECT_FALSE(at::equal(one.images.select(1, 0), one.images.select(1, 1)));
  for (int64_t channel = 0; channel < 3; ++channel) {
    const at::Tensor found = (digits.images.select(1, 0) == one.images[7][channel]).flatten(1).all(1);
    EXPECT_TRUE(found.any().item<bool>()) << channel;
  }
  EXPECT_THAT(error_of([&] { stack_digits(one, 50, 1); }), HasSubstr("images with one channel, got 3x28x28"));
}

TEST(StackedMnist, IsLoadedByItsName) {
  const std::string name = "stacked-mnist:" + test::mnist_tiny().string();
  EXPECT_EQ(load_dataset(name).size(), 128'000);
  EXPECT_EQ(load_dataset(name, Split::test).size(), 26'000);
  EXPECT_THAT(error_of([] { load_dataset("stacked-mnist:nowhere"); }), HasSubstr("nowhere: no such folder"));
}

}  // namespace
}  // namespace gan
