#include "gan/images/grid.h"

#include <cmath>

#include "gan/base/text.h"

namespace gan {

namespace {
constexpr int64_t kPadding = 2;    // pixels
constexpr int64_t kMaxSide = 100;  // images
}  // namespace

bool parse_text(std::string_view text, GridShape& shape) {
  const size_t x = text.find('x');
  GridShape parsed;
  if (x == std::string_view::npos || !parse_text(text.substr(0, x), parsed.rows) ||
      !parse_text(text.substr(x + 1), parsed.columns)) {
    return false;
  }
  const auto fits = [](int64_t side) { return side >= 1 && side <= kMaxSide; };
  if (!fits(parsed.rows) || !fits(parsed.columns)) return false;
  shape = parsed;
  return true;
}

std::string to_text(const GridShape& shape) {
  return to_text(shape.rows) + "x" + to_text(shape.columns);
}

GridShape square_grid(int64_t n) {
  const auto columns = static_cast<int64_t>(std::sqrt(static_cast<double>(n)));
  return {.rows = (n + columns - 1) / columns, .columns = columns};
}

at::Tensor make_grid(const at::Tensor& images, GridShape shape) {
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

}  // namespace gan
