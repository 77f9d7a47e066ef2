#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gan {

/// Rows and columns of a grid of images. As text: "8x8", rows first.
struct GridShape {
  int64_t rows = 0, columns = 0;

  int64_t count() const { return rows * columns; }
  bool operator==(const GridShape&) const = default;
};

bool parse_text(std::string_view text, GridShape& shape);  ///< 1x1 to 100x100
std::string to_text(const GridShape& shape);

/// A nearly square grid for n >= 1 images: floor(sqrt n) columns, and as many rows as needed.
GridShape square_grid(int64_t n);

/// One picture, uint8 [C, H', W'], of up to rows * columns images, uint8 [N, C, H, W], row by row. Two black pixels lie
/// between and around the images; empty places are black.
at::Tensor make_grid(const at::Tensor& images, GridShape shape);

}  // namespace gan
