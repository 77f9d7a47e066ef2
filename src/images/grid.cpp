#include "gan/images/grid.h"

#include <cmath>

#include "gan/base/text.h"

namespace gan {

namespace {
constexpr int64_t kPadding = 2;    // pixels
constexpr int64_t kMaxSide = 100;  // images
}  // namespace

bool parse_text(std::string_view text, GridShape& shape) {
  return parse_pair(text, kMaxSide, shape.rows, shape.columns);
}

std::string to_text(const GridShape& shape) {
  return to_text(shape.rows) + "x" + to_text(shape.columns);
}

GridShape square_grid(int64_t n) {
  const auto columns = static_cast<int64_t>(std::sqrt(static_cast<double>(n)));
  return {.rows = (n + columns - 1) / columns, .columns = columns};
}

at::Tensor make_grid(const Grid& grid) {
  const auto& [images, shape] = grid;
  TORCH_CHECK(images.dim() == 4 && images.size(0) <= shape.count(), "make_grid: more images than places");
  const int64_t height = images.size(2) + kPadding, width = images.size(3) + kPadding;
  const at::Tensor picture =
      at::zeros({images.size(1), shape.rows * height + kPadding, shape.columns * width + kPadding}, images.options());
  for (int64_t i = 0; i < images.size(0); ++i) {
    const int64_t top = i / shape.columns * height + kPadding, left = i % shape.columns * width + kPadding;
    picture.narrow(1, top, images.size(2)).narrow(2, left, images.size(3)).copy_(images[i]);
  }
  return picture;
}

Grid pairs_grid(const at::Tensor& above, const at::Tensor& below, int64_t columns) {
  const int64_t count = above.size(0), rows = (count + columns - 1) / columns;
  std::vector<int64_t> sizes = above.sizes().vec();
  sizes[0] = rows * columns;
  const auto in_rows = [&](const at::Tensor& images) {
    const at::Tensor places = at::zeros(sizes, images.options());
    places.narrow(0, 0, count).copy_(images);
    return places.unflatten(0, {rows, columns});
  };
  return {at::stack({in_rows(above), in_rows(below)}, 1).flatten(0, 2), {2 * rows, columns}};
}

}  // namespace gan
