#include "gan/models/augmentation.h"

#include <torch/csrc/autograd/autograd.h>

#include "gan/base/random.h"
#include "support/test.h"

namespace gan {
namespace {

constexpr Augmentations kAll{.color = true, .translation = true, .cutout = true};

at::Tensor images(int64_t count = 20, int64_t channels = 3) {
  seed_default_generators(1);
  return at::rand({count, channels, 12, 16}) * 2 - 1;
}

TEST(Augmentation, IsAListOfWords) {
  Augmentations read;
  EXPECT_TRUE(parse_text("cutout,color", read));
  EXPECT_EQ(to_text(read), "color,cutout");
  EXPECT_TRUE(parse_text("color,translation,cutout", read));
  EXPECT_EQ(read, kAll);
  for (const char* wrong : {"", "colour", "color,", ",color", "color,color", "none,color"}) {
    EXPECT_FALSE(parse_text(wrong, read)) << wrong;
  }
  EXPECT_TRUE(parse_text("none", read));
  EXPECT_EQ(to_text(read), "none");
}

TEST(Augmentation, ShiftsEachImageByWholePixelsUpToAnEighthAndFillsUpWithZeros) {
  const at::Tensor x = images(), shifted = augmented(x, {.translation = true});
  std::set<std::pair<int64_t, int64_t>> seen;
  for (int64_t i = 0; i < x.size(0); ++i) {
    int found = 0;
    for (int64_t down = -2; down <= 2; ++down) {
      for (int64_t right = -2; right <= 2; ++right) {
        at::Tensor expected = at::constant_pad_nd(x[i], {2 + right, 2 - right, 2 + down, 2 - down});
        expected = expected.narrow(1, 2, 12).narrow(2, 2, 16);
        if (!at::equal(expected, shifted[i])) continue;
        ++found;
        seen.insert({down, right});
      }
    }
    EXPECT_EQ(found, 1);
  }
  EXPECT_GT(seen.size(), 5u);
}

TEST(Augmentation, CutsOutOneSquareOfHalfTheSide) {
  const at::Tensor x = images(200), cut = augmented(x, {.cutout = true});
  const at::Tensor hole = cut.ne(x).any(1), kept = at::where(hole.unsqueeze(1), at::zeros_like(x), x);
  EXPECT_TRUE(at::equal(cut, kept));
  EXPECT_EQ(hole.any(2).sum(1).max().item<int64_t>(), 6);
  EXPECT_EQ(hole.any(1).sum(1).max().item<int64_t>(), 8);
  EXPECT_GE(hole.any(2).sum(1).min().item<int64_t>(), 3);  // at a border half of it is left
}

TEST(Augmentation, ChangesBrightnessSaturationAndContrastWithinTheirRanges) {
  const at::Tensor grey = at::full({500, 3, 4, 4}, 0.25), of_grey = augmented(grey, {.color = true});
  const at::Tensor moved = of_grey.flatten(1).mean(1) - 0.25;  // a flat image has neither saturation nor contrast
  EXPECT_LE(moved.abs().max().item<double>(), 0.5 + 1e-6);
  EXPECT_GT(moved.abs().max().item<double>(), 0.45);
  at::Tensor step = at::zeros({500, 1, 4, 4});
  step.narrow(2, 0, 2).fill_(1);
  const at::Tensor of_step = augmented(step, {.color = true});
  const at::Tensor contrast = of_step.flatten(1).amax(1) - of_step.flatten(1).amin(1);
  EXPECT_GE(contrast.min().item<double>(), 0.5 - 1e-6);
  EXPECT_LE(contrast.max().item<double>(), 1.5 + 1e-6);
  EXPECT_GT(contrast.max().item<double>() - contrast.min().item<double>(), 0.9);
}

TEST(Augmentation, CanBeDifferentiatedTwice) {
  const at::Tensor x = images(4).requires_grad_();
  const at::Tensor slope = torch::autograd::grad({augmented(x, kAll).pow(3).sum()}, {x}, {}, true, true)[0];
  slope.square().sum().backward();
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
}

TEST(Augmentation, OfNoneLeavesTheImagesAndTheNoiseAlone) {
  const at::Tensor x = images();
  const at::Tensor before = default_generator(at::kCPU).get_state();
  EXPECT_TRUE(augmented(x, {}).is_same(x));
  EXPECT_TRUE(at::equal(default_generator(at::kCPU).get_state(), before));
}

}  // namespace
}  // namespace gan
