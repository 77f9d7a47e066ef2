#include "gan/run/grids.h"

#include <algorithm>

#include "gan/sampling/sampler.h"

namespace gan {

namespace {

Grid rows_of_classes(const Dataset& data, GridShape shape) {
  std::vector<int64_t> sizes = data.images.sizes().vec();
  sizes[0] = shape.count();
  const at::Tensor images = at::zeros(sizes, data.images.options());
  for (int64_t row = 0; row < shape.rows; ++row) {
    const at::Tensor of_class = data.labels.eq(row).nonzero().flatten();
    const int64_t count = std::min(shape.columns, of_class.size(0));
    images.narrow(0, row * shape.columns, count).copy_(data.images.index_select(0, of_class.narrow(0, 0, count)));
  }
  return {images, shape};
}

/// So many images at equal distances: data may be sorted.
at::Tensor spread(const Dataset& data, int64_t count) {
  return data.images.index_select(
      0, (at::arange(count, data.images.options().dtype(at::kLong)) * data.size()).floor_divide(count));
}

}  // namespace

Grid real_grid(const Dataset& data, GridShape shape) {
  if (data.classes() == shape.rows) return rows_of_classes(data, shape);
  const int64_t count = std::min(shape.count(), data.size());
  return {spread(data, count), count == shape.count() ? shape : square_grid(count)};
}

Grid reconstructions_grid(const Model& model, const Dataset& data, GridShape shape) {
  const int64_t rows = std::max<int64_t>(1, shape.rows / 2);
  const at::Tensor images = spread(data, std::min(rows * shape.columns, data.size()));
  return pairs_grid(images, reconstructed(model, images).to(images.device()), shape.columns);
}

}  // namespace gan
