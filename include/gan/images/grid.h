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

struct Grid {
  at::Tensor images;  ///< uint8 [N, C, H, W], up to rows * columns of them, row by row
  GridShape shape;
};

/// The picture of a grid, uint8 [C, H', W']. Two black pixels lie between and around the images; empty places are
/// black.
at::Tensor make_grid(const Grid& grid);

/// A row of the images `above`, a row of the images that belong `below` them, and so on. Black where a row ends early.
Grid pairs_grid(const at::Tensor& above, const at::Tensor& below, int64_t columns);

}  // namespace gan
