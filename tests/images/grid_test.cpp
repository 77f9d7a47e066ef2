#include "gan/images/grid.h"

#include "support/test.h"

namespace gan {
namespace {

TEST(Grid, ParsesRowsFirst) {
  GridShape shape;
  EXPECT_TRUE(parse_text("2x5", shape));
  EXPECT_EQ(shape, (GridShape{.rows = 2, .columns = 5}));
  EXPECT_EQ(shape.count(), 10);
  EXPECT_EQ(to_text(shape), "2x5");
  EXPECT_TRUE(parse_text("100x100", shape));
  EXPECT_EQ(shape.count(), 10'000);
}

TEST(Grid, RefusesOtherTextAndKeepsTheValue) {
  for (const char* text : {"", "x", "8", "8x", "x8", "0x8", "8x0", "101x1", "1x101", "-1x-1", "8x8x8", "8 x 8", "8X8",
                           "2.5x2", "99999999999999999999x1"}) {
    GridShape shape{.rows = 3, .columns = 4};
    EXPECT_FALSE(parse_text(text, shape)) << text;
    EXPECT_EQ(shape, (GridShape{.rows = 3, .columns = 4})) << text;
  }
}

TEST(Grid, IsNearlySquare) {
  EXPECT_EQ(square_grid(1), (GridShape{1, 1}));
  EXPECT_EQ(square_grid(2), (GridShape{2, 1}));
  EXPECT_EQ(square_grid(10), (GridShape{4, 3}));
  EXPECT_EQ(square_grid(64), (GridShape{8, 8}));
  EXPECT_EQ(square_grid(65), (GridShape{9, 8}));
  for (int64_t n = 1; n <= 1000; ++n) {
    const GridShape shape = square_grid(n);
    EXPECT_GE(shape.count(), n);
    EXPECT_LT(shape.count() - shape.columns, n) << "an empty row";
  }
}

TEST(Grid, LaysOutRowByRowWithTwoBlackPixelsAround) {
  // Five images of one pixel. Each place has 3 x 3 pixels; two black pixels precede all, left and above.
  const at::Tensor images = at::arange(1, 6, at::kByte).view({5, 1, 1, 1});
  const at::Tensor expected = at::tensor({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                          0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0,  //
                                          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                          0, 0, 4, 0, 0, 5, 0, 0, 0, 0, 0,  //
                                          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                         at::kByte);
  const at::Tensor picture = make_grid({images, {.rows = 2, .columns = 3}});
  EXPECT_EQ(picture.scalar_type(), at::kByte);
  EXPECT_TRUE(at::equal(picture, expected.view({1, 8, 11}))) << picture;
}

TEST(Grid, KeepsColoursAndRowsOfEachImage) {
  const at::Tensor images = at::arange(2 * 3 * 4 * 5, at::kByte).view({2, 3, 4, 5});
  const at::Tensor picture = make_grid({images, {.rows = 1, .columns = 2}});
  EXPECT_EQ(picture.sizes(), (std::vector<int64_t>{3, 4 + 4, 2 * 7 + 2}));
  EXPECT_TRUE(at::equal(picture.slice(1, 2, 6).slice(2, 2, 7), images[0]));
  EXPECT_TRUE(at::equal(picture.slice(1, 2, 6).slice(2, 9, 14), images[1]));
}

TEST(Grid, ShowsImagesAboveWhatBelongsToThem) {
  const auto images = [](std::vector<int64_t> values) {
    return at::tensor(values, at::kByte).view({static_cast<int64_t>(values.size()), 1, 1, 1});
  };
  const Grid grid = pairs_grid(images({1, 2, 3, 4, 5}), images({11, 12, 13, 14, 15}), 3);
  EXPECT_EQ(grid.shape, (GridShape{.rows = 4, .columns = 3}));
  EXPECT_TRUE(at::equal(grid.images, images({1, 2, 3, 11, 12, 13, 4, 5, 0, 14, 15, 0}))) << grid.images;
}

TEST(Grid, RefusesMoreImagesThanPlaces) {
  EXPECT_THROW(make_grid({at::zeros({5, 1, 2, 2}, at::kByte), {.rows = 2, .columns = 2}}), c10::Error);
}

}  // namespace
}  // namespace gan
