#include "gan/images/pixels.h"

#include "support/test.h"

namespace gan {
namespace {

at::Tensor all_bytes() {
  return at::arange(256, at::kByte).view({1, 1, 16, 16});
}

TEST(Pixels, RangeFromMinusOneToOne) {
  const at::Tensor pixels = to_pixels(all_bytes());
  EXPECT_EQ(pixels.scalar_type(), at::kFloat);
  EXPECT_EQ(pixels.sizes(), all_bytes().sizes());
  EXPECT_EQ(pixels.min().item<float>(), -1.0f);
  EXPECT_EQ(pixels.max().item<float>(), 1.0f);
  EXPECT_NEAR(pixels.flatten()[51].item<float>(), -0.6, 1e-6);
}

TEST(Pixels, ConvertBackToEveryByte) {
  EXPECT_TRUE(at::equal(to_bytes(to_pixels(all_bytes())), all_bytes()));
}

TEST(Pixels, AreClampedToBlackAndWhite) {
  const at::Tensor bytes = to_bytes(at::tensor({-1.1f, -100.f, 1.1f, 100.f, 1e30f, -1e30f}));
  EXPECT_TRUE(at::equal(bytes, at::tensor({0, 0, 255, 255, 255, 0}, at::kByte)));
}

TEST(Pixels, AreRoundedToTheNearestByte) {
  // 127.5 (p + 1): 127.5 rounds to the even 128, 128.4 down, 128.6 up
  const at::Tensor bytes = to_bytes(at::tensor({0.f, 0.9f / 127.5f, 1.1f / 127.5f}));
  EXPECT_TRUE(at::equal(bytes, at::tensor({128, 128, 129}, at::kByte)));
}

TEST(Pixels, LeaveTheirSourceUnchanged) {
  const at::Tensor pixels = at::tensor({-0.5f, 0.25f}), bytes = at::tensor({3, 200}, at::kByte);
  to_bytes(pixels);
  to_pixels(bytes);
  EXPECT_TRUE(at::equal(pixels, at::tensor({-0.5f, 0.25f})));
  EXPECT_TRUE(at::equal(bytes, at::tensor({3, 200}, at::kByte)));
}

TEST(Pixels, ConvertGrayImagesToOneOrThreeChannels) {
  const at::Tensor gray = at::arange(2 * 4 * 5, at::kByte).view({2, 1, 4, 5}), three = at::cat({gray, gray, gray}, 1);
  EXPECT_TRUE(at::equal(with_channels(gray, 1), gray));
  EXPECT_TRUE(at::equal(with_channels(gray, 3), three));
  EXPECT_TRUE(at::equal(with_channels(three, 1), gray));
  const at::Tensor coloured = three.clone();
  coloured[1][2][3][4] = 255;
  EXPECT_TRUE(at::equal(with_channels(coloured, 1), coloured));
}

}  // namespace
}  // namespace gan
