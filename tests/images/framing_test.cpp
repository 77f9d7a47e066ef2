#include "gan/images/framing.h"

#include "gan/base/error.h"
#include "support/test.h"

namespace gan {
namespace {

at::Tensor fixture(const std::string& name) {
  return decode_picture(test::slurp(GAN_SOURCE_DIR "/tests/fixtures/pictures/" + name)).colors;
}

int largest_difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a.to(at::kInt) - b.to(at::kInt)).abs().max().item<int>();
}

TEST(Framing, ResizesAsPillowDoes) {
  for (const int64_t side : {7, 16, 40}) {
    const Framing framing{.side = side, .crop = {}, .background = {}};
    EXPECT_LE(largest_difference(framed(fixture("scene.png"), framing),
                                 fixture("resized-rgb-" + std::to_string(side) + ".png")),
              1);
    EXPECT_LE(largest_difference(framed(fixture("scene-gray.png"), framing),
                                 fixture("resized-gray-" + std::to_string(side) + ".png")),
              1);
  }
}

TEST(Framing, CutsOutTheMiddle) {
  const at::Tensor image = at::arange(4 * 7, at::kByte).view({1, 4, 7});
  EXPECT_TRUE(at::equal(framed(image, {}), image));
  EXPECT_TRUE(at::equal(framed(image, {.side = 4, .crop = {}, .background = {}}), image.slice(2, 1, 5)));
  const Framing two{.side = 0, .crop = {.kind = Crop::Kind::pixels, .pixels = 2}, .background = {}};
  EXPECT_TRUE(at::equal(framed(image, two), image.slice(1, 1, 3).slice(2, 2, 4)));
  const Framing whole{.side = 0, .crop = {.kind = Crop::Kind::none}, .background = {}};
  EXPECT_TRUE(at::equal(framed(image, whole), image));
  const Framing squeezed{.side = 3, .crop = {.kind = Crop::Kind::none}, .background = {}};
  EXPECT_EQ(framed(image, squeezed).sizes(), at::IntArrayRef({1, 3, 3}));
  const Framing five{.side = 0, .crop = {.kind = Crop::Kind::pixels, .pixels = 5}, .background = {}};
  EXPECT_THROW(framed(image, five), Error);
}

TEST(Framing, GrayFromColoursIsPillows) {
  EXPECT_EQ(largest_difference(with_colors({fixture("scene.png"), {}}, 1, {}), fixture("scene-gray.png")), 0);
  EXPECT_EQ(with_colors({fixture("scene-gray.png"), {}}, 3, {}).sizes(), at::IntArrayRef({3, 20, 28}));
}

TEST(Framing, TransparentPixelsShowTheBackground) {
  const Picture picture{.colors = at::full({1, 1, 3}, 200, at::kByte),
                        .alpha = at::tensor({255, 0, 128}, at::kByte).view({1, 1, 3})};
  EXPECT_TRUE(at::equal(with_colors(picture, 1, {}).flatten(), at::tensor({200, 0, 100}, at::kByte)));
  EXPECT_TRUE(at::equal(with_colors(picture, 1, {255, 255, 255}).flatten(), at::tensor({200, 255, 227}, at::kByte)));
  const at::Tensor red = with_colors(picture, 3, {255, 0, 0});
  EXPECT_TRUE(at::equal(red.select(2, 1).flatten(), at::tensor({255, 0, 0}, at::kByte)));
  const at::Tensor with_alpha = with_colors(picture, 4, {255, 0, 0});
  EXPECT_TRUE(at::equal(with_alpha.select(2, 1).flatten(), at::tensor({200, 200, 200, 0}, at::kByte)));
  EXPECT_TRUE(with_colors({picture.colors, {}}, 4, {}).select(0, 3).eq(255).all().item<bool>());
}

TEST(Framing, OptionsAreReadAndWrittenAsTheyAreGiven) {
  for (const char* text : {"center", "none", "108"}) {
    Crop crop;
    EXPECT_TRUE(parse_text(text, crop)) << text;
    EXPECT_EQ(to_text(crop), text);
  }
  for (const char* text : {"black", "white", "#ff8000"}) {
    Color color;
    EXPECT_TRUE(parse_text(text, color)) << text;
    EXPECT_EQ(to_text(color), text);
  }
  Crop crop;
  for (const char* text : {"", "0", "-3", "1.5", "middle", "99999"}) EXPECT_FALSE(parse_text(text, crop)) << text;
  Color color;
  for (const char* text : {"", "red", "#ff80", "ff8000", "#ff80zz"}) EXPECT_FALSE(parse_text(text, color)) << text;
}

}  // namespace
}  // namespace gan
