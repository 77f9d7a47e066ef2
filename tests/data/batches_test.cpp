#include "gan/data/batches.h"

#include <set>

#include "gan/base/archive.h"
#include "gan/base/random.h"
#include "gan/images/pixels.h"
#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using testing::HasSubstr;

/// Images whose bytes are their number, which is also the label.
Dataset numbered(int64_t count) {
  const at::Tensor numbers = at::arange(count, at::kByte);
  return {numbers.view({count, 1, 1, 1}).expand({count, 1, 2, 3}).contiguous(), numbers};
}

/// The images of the next `batches` batches, by their numbers.
std::vector<int64_t> draw(Batches& batches, int64_t count) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) {
    const at::Tensor labels = batches.next().labels;
    for (int64_t j = 0; j < labels.size(0); ++j) numbers.push_back(labels[j].item<int64_t>());
  }
  return numbers;
}

constexpr Sampling kBoth[] = {Sampling::epoch, Sampling::replacement};

TEST(Batches, DrawEachImageOnceAnEpoch) {
  Batches batches(numbered(12), 3, Sampling::epoch, 1);
  EXPECT_EQ(batches.per_epoch(), 4);
  for (int epoch = 0; epoch < 3; ++epoch) {
    EXPECT_THAT(draw(batches, 4), testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  }
}

TEST(Batches, DropThePartialBatch) {
  Batches batches(numbered(14), 4, Sampling::epoch, 1);
  EXPECT_EQ(batches.per_epoch(), 3);
  for (int epoch = 0; epoch < 20; ++epoch) {
    const auto numbers = draw(batches, 3);
    EXPECT_EQ(numbers.size(), 12u);
    EXPECT_EQ(std::set<int64_t>(numbers.begin(), numbers.end()).size(), 12u) << "an image came twice";
  }
}

TEST(Batches, DropDifferentImagesEachEpoch) {
  Batches batches(numbered(5), 4, Sampling::epoch, 1);
  const auto numbers = draw(batches, 20);
  EXPECT_EQ(std::set<int64_t>(numbers.begin(), numbers.end()).size(), 5u);
}

TEST(Batches, ShuffleEachEpoch) {
  Batches batches(numbered(50), 50, Sampling::epoch, 1);
  const auto first = draw(batches, 1), second = draw(batches, 1);
  EXPECT_NE(first, second);
  EXPECT_FALSE(std::is_sorted(first.begin(), first.end()));
}

TEST(Batches, FollowTheSeed) {
  for (const Sampling sampling : kBoth) {
    Batches batches(numbered(50), 10, sampling, 1), same(numbered(50), 10, sampling, 1),
        other(numbered(50), 10, sampling, 2);
    const auto numbers = draw(batches, 12);
    seed_default_generators(3);  // another generator, which must not matter
    EXPECT_EQ(draw(same, 12), numbers);
    EXPECT_NE(draw(other, 12), numbers);
  }
}

TEST(Batches, SequentialOnesRestartEachEpoch) {
  Batches batches(numbered(7), 3, Sampling::sequential, 1);
  EXPECT_EQ(batches.per_epoch(), 2);
  EXPECT_THAT(draw(batches, 5), testing::ElementsAre(0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2));
}

TEST(Batches, SequentialOnesResumeFromAState) {
  Batches batches(numbered(7), 3, Sampling::sequential, 1), resumed(numbered(7), 3, Sampling::sequential, 1);
  draw(batches, 1);
  resumed.load(batches.state());
  EXPECT_THAT(draw(resumed, 2), testing::ElementsAre(3, 4, 5, 0, 1, 2));
}

TEST(Batches, WithReplacementRepeatImagesAndReachAll) {
  Batches batches(numbered(10), 5, Sampling::replacement, 1);
  EXPECT_EQ(batches.per_epoch(), 2);
  const auto pass = draw(batches, 2);
  EXPECT_LT(std::set<int64_t>(pass.begin(), pass.end()).size(), 10u);
  std::set<int64_t> seen;
  for (const int64_t number : draw(batches, 100)) {
    EXPECT_TRUE(number >= 0 && number < 10) << number;
    seen.insert(number);
  }
  EXPECT_EQ(seen.size(), 10u);
}

TEST(Batches, HoldPixelsAndTheLabelsOfTheirImages) {
  for (const Sampling sampling : kBoth) {
    Batches batches(numbered(256), 64, sampling, 1);
    const Batch batch = batches.next();
    EXPECT_EQ(batch.images.sizes(), (std::vector<int64_t>{64, 1, 2, 3}));
    EXPECT_EQ(batch.images.scalar_type(), at::kFloat);
    EXPECT_GE(batch.images.min().item<float>(), -1.0f);
    EXPECT_LE(batch.images.max().item<float>(), 1.0f);
    EXPECT_LT(batch.images.min().item<float>(), -0.5f);
    EXPECT_GT(batch.images.max().item<float>(), 0.5f);
    EXPECT_TRUE(at::equal(to_bytes(batch.images).flatten(1), batch.labels.unsqueeze(1).expand({64, 6})));
  }
}

TEST(Batches, HaveNoLabelsIfTheDataHasNone) {
  Batches batches({numbered(4).images, {}}, 2, Sampling::epoch, 1);
  EXPECT_FALSE(batches.next().labels.defined());
}

TEST(Batches, ResumeExactlyInTheMiddleOfAnEpoch) {
  for (const Sampling sampling : kBoth) {
    for (const int64_t drawn : {0, 1, 2, 3, 4, 5}) {  // an epoch has three batches
      Batches batches(numbered(10), 3, sampling, 1);
      draw(batches, drawn);
      const std::string saved = pack_archive(batches.state());
      const auto expected = draw(batches, 7);
      Batches resumed(numbered(10), 3, sampling, 99);
      draw(resumed, 2);
      resumed.load(unpack_archive(saved));
      EXPECT_EQ(draw(resumed, 7), expected) << to_text(sampling) << " after " << drawn;
    }
  }
}

TEST(Batches, StateIsNotChangedByLaterBatches) {
  for (const Sampling sampling : kBoth) {
    Batches batches(numbered(10), 3, sampling, 1);
    draw(batches, 1);
    const Dict state = batches.state();
    const auto expected = draw(batches, 7);
    batches.load(state);
    EXPECT_EQ(draw(batches, 7), expected);
  }
}

TEST(Batches, RefuseAnInvalidState) {
  Batches batches(numbered(10), 3, Sampling::epoch, 1);
  draw(batches, 1);
  const Dict good = batches.state();
  const auto with = [&](size_t item, Value value) {
    Dict state = good;
    state.items.at(item).second = std::move(value);
    return state;
  };
  ASSERT_EQ(good.items.at(0).first, "generator");
  ASSERT_EQ(good.items.at(1).first, "order");
  ASSERT_EQ(good.items.at(2).first, "position");
  const at::Tensor order = good.get<at::Tensor>("order");
  for (const at::Tensor& wrong : {order + 1, order - 1, order.narrow(0, 0, 9), at::arange(11),
                                  at::zeros({10}, at::kLong), order.to(at::kInt), order.view({2, 5}), at::Tensor()}) {
    EXPECT_THAT(error_of([&] { batches.load(with(1, wrong)); }), HasSubstr("does not fit 10 images")) << wrong;
  }
  EXPECT_THAT(error_of([&] { batches.load(with(2, int64_t{-1})); }), HasSubstr("does not fit"));
  EXPECT_THAT(error_of([&] { batches.load(with(2, int64_t{11})); }), HasSubstr("does not fit"));
  EXPECT_THAT(error_of([&] { batches.load(with(2, "3")); }), HasSubstr("'position': expected int, got str"));
  EXPECT_THAT(error_of([&] { batches.load(with(0, at::zeros({5}, at::kByte))); }), HasSubstr("random generator"));
  EXPECT_THAT(error_of([&] { batches.load({}); }), HasSubstr("is missing"));

  const auto expected = draw(batches, 7);  // the refused states changed nothing
  Batches untouched(numbered(10), 3, Sampling::epoch, 1);
  draw(untouched, 1);
  EXPECT_EQ(draw(untouched, 7), expected);
}

TEST(Batches, RefuseTheStateOfAnotherDataSet) {
  Batches larger(numbered(20), 3, Sampling::epoch, 1);
  draw(larger, 1);
  Batches batches(numbered(10), 3, Sampling::epoch, 1);
  EXPECT_THAT(error_of([&] { batches.load(larger.state()); }), HasSubstr("does not fit 10 images"));
}

TEST(Batches, RefuseABatchLargerThanTheData) {
  EXPECT_THROW(Batches(numbered(4), 5, Sampling::epoch, 1), c10::Error);
  EXPECT_THROW(Batches(numbered(4), 0, Sampling::epoch, 1), c10::Error);
  Batches batches(numbered(4), 4, Sampling::epoch, 1);
  EXPECT_THAT(draw(batches, 1), testing::UnorderedElementsAre(0, 1, 2, 3));
}

TEST(Batches, MirrorsAboutHalfOfTheImages) {
  const at::Tensor image = at::arange(6, at::kByte).view({1, 1, 2, 3});
  const Dataset data{image.expand({64, 1, 2, 3}).contiguous(), {}};
  const at::Tensor drawn = Batches(data, 64, Sampling::epoch, 1, /*mirror=*/true).next().images;
  const at::Tensor as_it_is = to_pixels(image), flipped = as_it_is.flip(3);
  int64_t turned = 0;
  for (const at::Tensor& one : drawn.split(1)) {
    turned += at::equal(one, flipped);
    EXPECT_TRUE(at::equal(one, flipped) || at::equal(one, as_it_is));
  }
  EXPECT_GT(turned, 16);
  EXPECT_LT(turned, 48);
  EXPECT_TRUE(at::equal(Batches(data, 64, Sampling::epoch, 1, true).next().images, drawn));
  EXPECT_TRUE(at::equal(Batches(data, 64, Sampling::epoch, 1).next().images, as_it_is.expand_as(drawn)));
}

}  // namespace
}  // namespace gan
