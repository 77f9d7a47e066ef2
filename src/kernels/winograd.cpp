#include "gan/kernels/winograd.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "loops.h"
#include "sides.h"
#include "small_product.h"
#include "winograd_loops.h"

namespace gan {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A convolution of images [height, width, channels] to maps [out_height, out_width, filters]; a transposed one goes
/// the other way. A phase is a parity of row and column: the image's pixels of a phase meet the taps of that phase.
struct Shape {
  int64_t count, height, width, channels;  // of the images
  int64_t out_height, out_width, filters;  // of the maps
  int64_t kernel, stride, padding;

  int64_t taps() const { return kernel / stride; }
  int64_t phases() const { return stride * stride; }
  int64_t depth() const { return phases() * channels; }
  /// Outputs of a tile a side: of two taps 7, if that takes fewer products. Maps of 7 and 14 pixels are whole tiles.
  int64_t outputs() const { return taps() == 2 && products_with(7) < products_with(4) ? 7 : 4; }
  int64_t points() const { return points_with(outputs()); }
  int64_t tiles_down() const { return tiles_of(out_height, outputs()); }
  int64_t tiles_across() const { return tiles_of(out_width, outputs()); }
  int64_t tiles() const { return count * tiles_down() * tiles_across(); }

  static int64_t tiles_of(int64_t side, int64_t outputs) { return (side + outputs - 1) / outputs; }
  int64_t points_with(int64_t outputs) const { return (outputs + taps() - 1) * (outputs + taps() - 1); }
  /// Products for a map and a phase, with tiles of so many outputs.
  int64_t products_with(int64_t outputs) const {
    return tiles_of(out_height, outputs) * tiles_of(out_width, outputs) * points_with(outputs);
  }
  /// How many times fewer products than the sums as defined.
  double gain() const {
    return static_cast<double>(out_height * out_width * taps() * taps()) /
           static_cast<double>(products_with(outputs()));
  }
};

/// Calls body with the Winograd type for the shape.
template <class Body>
GAN_INLINE void with_form(const Shape& s, const Body& body) {
  switch (s.taps()) {
    case 2:
      return s.outputs() == 7 ? body(Winograd<7, 2>()) : body(Winograd<4, 2>());
    case 3:
      return body(Winograd<4, 3>());
    case 4:
      return body(Winograd<4, 4>());
    default:
      return body(Winograd<4, 5>());
  }
}

/// A matrix [rows, columns] for each point. They begin a cache line further apart than their size, which is often a
/// power of two: numbers of several points would else fight for the same lines.
struct Points {
  int64_t rows, columns, distance;
  at::Tensor numbers;

  Points(int64_t points, int64_t rows, int64_t columns)
      : rows(rows),
        columns(columns),
        distance(rows * columns + kLine),
        numbers(at::empty({points * distance}, at::kFloat)) {}
  Points(const at::Tensor& numbers, int64_t rows, int64_t columns)
      : rows(rows), columns(columns), distance(rows * columns + kLine), numbers(numbers) {}
  float* data() const { return numbers.data_ptr<float>(); }
};

/// Calls body(tile, first row of outputs, first column of outputs) for each tile of an image.
template <class Body>
GAN_INLINE void each_tile(const Shape& s, int64_t image, const Body& body) {
  int64_t tile = image * s.tiles_down() * s.tiles_across();
  for (int64_t y = 0; y < s.out_height; y += s.outputs()) {
    for (int64_t x = 0; x < s.out_width; x += s.outputs()) body(tile++, y, x);
  }
}

/// The offset of the image's pixel that (i, j) of a tile's input is, in a phase; -1 beyond the edges.
GAN_INLINE int64_t pixel_of(const Shape& s, int64_t y, int64_t x, int64_t phase, int64_t i, int64_t j) {
  const int64_t row = s.stride * (y + i) + phase / s.stride - s.padding;
  const int64_t column = s.stride * (x + j) + phase % s.stride - s.padding;
  const bool inside = row >= 0 && row < s.height && column >= 0 && column < s.width;
  return inside ? (row * s.width + column) * s.channels : -1;
}

/// V = B^T d B of an image [height, width, channels].
template <int64_t kWidth>
GAN_INLINE void image_to_points(Width<kWidth>, const Shape& s, int64_t image, const float* pixels, int64_t distance,
                                float* v) {
  with_form(s, [&](auto form) GAN_INLINED {
    using W = decltype(form);
    each_tile(s, image, [&](int64_t tile, int64_t y, int64_t x) GAN_INLINED {
      for (int64_t phase = 0; phase < s.phases(); ++phase) {
        for (int64_t c = 0; c < s.channels; c += kWidth) {
          float* to = v + tile * s.depth() + phase * s.channels + c;
          transform<W::BT, Register<kWidth>>(
              [&](size_t i, size_t j, Register<kWidth>& value) GAN_INLINED {
                const int64_t pixel = pixel_of(s, y, x, phase, i, j);
                value = Register<kWidth>{};
                if (pixel >= 0) load(pixels + pixel + c, value);
              },
              [&](size_t i, size_t j, const Register<kWidth>& value)
                  GAN_INLINED { store(value, to + static_cast<int64_t>(i * W::points + j) * distance); });
        }
      }
    });
  });
}

/// Adds B V B^T to an image.
template <int64_t kWidth>
GAN_INLINE void points_to_image(Width<kWidth>, const Shape& s, int64_t image, const float* v, int64_t distance,
                                float* pixels) {
  with_form(s, [&](auto form) GAN_INLINED {
    using W = decltype(form);
    each_tile(s, image, [&](int64_t tile, int64_t y, int64_t x) GAN_INLINED {
      for (int64_t phase = 0; phase < s.phases(); ++phase) {
        for (int64_t c = 0; c < s.channels; c += kWidth) {
          const float* from = v + tile * s.depth() + phase * s.channels + c;
          transform<W::B, Register<kWidth>>(
              [&](size_t i, size_t j, Register<kWidth>& value)
                  GAN_INLINED { load(from + static_cast<int64_t>(i * W::points + j) * distance, value); },
              [&](size_t i, size_t j, const Register<kWidth>& value) GAN_INLINED {
                const int64_t pixel = pixel_of(s, y, x, phase, i, j);
                if (pixel < 0) return;
                Register<kWidth> sum;
                load(pixels + pixel + c, sum);
                sum += value;
                store(sum, pixels + pixel + c);
              });
        }
      }
    });
  });
}

/// A^T M A, a map [out_height, out_width, filters].
template <int64_t kWidth>
GAN_INLINE void points_to_map(Width<kWidth>, const Shape& s, int64_t image, const float* m, int64_t distance,
                              float* map) {
  with_form(s, [&](auto form) GAN_INLINED {
    using W = decltype(form);
    each_tile(s, image, [&](int64_t tile, int64_t y, int64_t x) GAN_INLINED {
      for (int64_t f = 0; f < s.filters; f += kWidth) {
        const float* from = m + tile * s.filters + f;
        transform<W::AT, Register<kWidth>>(
            [&](size_t i, size_t j, Register<kWidth>& value)
                GAN_INLINED { load(from + static_cast<int64_t>(i * W::points + j) * distance, value); },
            [&](size_t i, size_t j, const Register<kWidth>& value) GAN_INLINED {
              const int64_t row = y + static_cast<int64_t>(i), column = x + static_cast<int64_t>(j);
              if (row < s.out_height && column < s.out_width) {
                store(value, map + (row * s.out_width + column) * s.filters + f);
              }
            });
      }
    });
  });
}

/// M = A y A^T of a map.
template <int64_t kWidth>
GAN_INLINE void map_to_points(Width<kWidth>, const Shape& s, int64_t image, const float* map, int64_t distance,
                              float* m) {
  with_form(s, [&](auto form) GAN_INLINED {
    using W = decltype(form);
    each_tile(s, image, [&](int64_t tile, int64_t y, int64_t x) GAN_INLINED {
      for (int64_t f = 0; f < s.filters; f += kWidth) {
        float* to = m + tile * s.filters + f;
        transform<W::A, Register<kWidth>>(
            [&](size_t i, size_t j, Register<kWidth>& value) GAN_INLINED {
              const int64_t row = y + static_cast<int64_t>(i), column = x + static_cast<int64_t>(j);
              value = Register<kWidth>{};
              if (row < s.out_height && column < s.out_width) {
                load(map + (row * s.out_width + column) * s.filters + f, value);
              }
            },
            [&](size_t i, size_t j, const Register<kWidth>& value)
                GAN_INLINED { store(value, to + static_cast<int64_t>(i * W::points + j) * distance); });
      }
    });
  });
}

/// U = G g G^T of the taps [kernel, kernel, inner] of one outer channel. A row of U, [phases, inner] for each point,
/// begins at u; its phases lie `phase_distance` apart.
template <int64_t kWidth>
GAN_INLINE void taps_to_points(Width<kWidth>, const Shape& s, int64_t inner, const float* taps, int64_t distance,
                               int64_t phase_distance, float* u) {
  with_form(s, [&](auto form) GAN_INLINED {
    using W = decltype(form);
    for (int64_t phase = 0; phase < s.phases(); ++phase) {
      for (int64_t c = 0; c < inner; c += kWidth) {
        transform<W::G, Register<kWidth>>(
            [&](size_t i, size_t j, Register<kWidth>& value) GAN_INLINED {
              const int64_t row = s.stride * static_cast<int64_t>(i) + phase / s.stride;
              const int64_t column = s.stride * static_cast<int64_t>(j) + phase % s.stride;
              load(taps + (row * s.kernel + column) * inner + c, value);
            },
            [&](size_t i, size_t j, const Register<kWidth>& value) GAN_INLINED {
              store(value, u + static_cast<int64_t>(i * W::points + j) * distance + phase * phase_distance + c);
            });
      }
    }
  });
}

/// G^T U G, the taps [kernel, kernel, channels] of one filter, from its row of U.
template <int64_t kWidth>
GAN_INLINE void points_to_taps(Width<kWidth>, const Shape& s, const float* u, int64_t distance, float* taps) {
  with_form(s, [&](auto form) GAN_INLINED {
    using W = decltype(form);
    for (int64_t phase = 0; phase < s.phases(); ++phase) {
      for (int64_t c = 0; c < s.channels; c += kWidth) {
        transform<W::GT, Register<kWidth>>(
            [&](size_t i, size_t j, Register<kWidth>& value) GAN_INLINED {
              load(u + static_cast<int64_t>(i * W::points + j) * distance + phase * s.channels + c, value);
            },
            [&](size_t i, size_t j, const Register<kWidth>& value) GAN_INLINED {
              const int64_t row = s.stride * static_cast<int64_t>(i) + phase / s.stride;
              const int64_t column = s.stride * static_cast<int64_t>(j) + phase % s.stride;
              store(value, taps + (row * s.kernel + column) * s.channels + c);
            });
      }
    }
  });
}

/// `rows` rows of kLine numbers, as columns.
GAN_INLINE void transpose(const float* from, int64_t from_row, int64_t rows, float* to, int64_t to_row) {
  for (int64_t first = 0; first < rows; first += kLine) {  // whole cache lines of both
    for (int64_t i = 0; i < kLine; ++i) {
      for (int64_t row = first; row < first + kLine; ++row) to[i * to_row + row] = from[row * from_row + i];
    }
  }
}

/// The matrices of the points as left factors.
struct Factor {
  const Points& of;
  bool transposed = false;

  int64_t rows() const { return transposed ? of.columns : of.rows; }
  int64_t depth() const { return transposed ? of.rows : of.columns; }
};

/// a * b at each point.
Points multiplied(const Shape& s, const Factor& a, const Points& b) {
  Points c(s.points(), a.rows(), b.columns);
  const int64_t parts = (b.columns + kBestColumns - 1) / kBestColumns;
  at::parallel_for(0, s.points() * parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t point = i / parts, column = i % parts * kBestColumns;
      multiply({.a = a.of.data() + point * a.of.distance,
                .a_row = a.transposed ? 1 : a.of.columns,
                .a_column = a.transposed ? a.of.columns : 1,
                .b = b.data() + point * b.distance,
                .b_row = b.columns,
                .c = c.data() + point * c.distance,
                .c_row = c.columns,
                .rows = a.rows(),
                .depth = a.depth()},
               column, std::min(b.columns, column + kBestColumns));
    }
  });
  return c;
}

/// Calls body(width of registers, i) for i from 0 to `count`, by the threads that there are.
template <class Body>
void in_parallel(int64_t count, const Body& body) {
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    with_best_instructions([&](auto width) GAN_INLINED {
      for (int64_t i = begin; i < end; ++i) body(width, i);
    });
  });
}

at::Tensor channels_last(const at::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}
at::Tensor channels_last(at::IntArrayRef sizes) {
  return at::empty(sizes, at::kFloat, std::nullopt, std::nullopt, std::nullopt, at::MemoryFormat::ChannelsLast);
}

/// V of images: a row a tile, [phases, channels] in it.
Points image_points(const Shape& s, const at::Tensor& images) {
  const at::Tensor x = channels_last(images);
  Points v(s.points(), s.tiles(), s.depth());
  const float* pixels = x.const_data_ptr<float>();
  in_parallel(s.count, [&, size = s.height * s.width * s.channels](auto width, int64_t i)
                           GAN_INLINED { image_to_points(width, s, i, pixels + i * size, v.distance, v.data()); });
  return v;
}

at::Tensor images_of(const Shape& s, const Points& v) {
  at::Tensor images = channels_last({s.count, s.channels, s.height, s.width});
  float* pixels = images.data_ptr<float>();
  in_parallel(s.count, [&, size = s.height * s.width * s.channels](auto width, int64_t i) GAN_INLINED {
    std::fill_n(pixels + i * size, size, 0.0F);
    points_to_image(width, s, i, v.data(), v.distance, pixels + i * size);
  });
  return images;
}

/// M of maps: a row a tile.
Points map_points(const Shape& s, const at::Tensor& maps) {
  const at::Tensor y = channels_last(maps);
  Points m(s.points(), s.tiles(), s.filters);
  const float* numbers = y.const_data_ptr<float>();
  in_parallel(s.count, [&, size = s.out_height * s.out_width * s.filters](auto width, int64_t i)
                           GAN_INLINED { map_to_points(width, s, i, numbers + i * size, m.distance, m.data()); });
  return m;
}

at::Tensor maps_of(const Shape& s, const Points& m) {
  at::Tensor maps = channels_last({s.count, s.filters, s.out_height, s.out_width});
  float* numbers = maps.data_ptr<float>();
  in_parallel(s.count, [&, size = s.out_height * s.out_width * s.filters](auto width, int64_t i)
                           GAN_INLINED { points_to_map(width, s, i, m.data(), m.distance, numbers + i * size); });
  return maps;
}

/// U of a weight [filters, channels, kernel, kernel]: a row a filter, [phases, channels] in it.
Points filters_by_depth(const Shape& s, const at::Tensor& weight) {
  const at::Tensor w = channels_last(weight);
  Points u(s.points(), s.filters, s.depth());
  const float* taps = w.const_data_ptr<float>();
  in_parallel(s.filters, [&](auto width, int64_t f) GAN_INLINED {
    taps_to_points(width, s, s.channels, taps + f * s.kernel * s.kernel * s.channels, u.distance, s.channels,
                   u.data() + f * s.depth());
  });
  return u;
}

/// The same, transposed: a row for each channel of each phase.
Points depth_by_filters(const Shape& s, const at::Tensor& weight) {
  const at::Tensor w = channels_last(weight);
  Points u(s.points(), s.depth(), s.filters);
  const float* taps = w.const_data_ptr<float>();
  const int64_t area = s.kernel * s.kernel;
  in_parallel(s.channels / kLine, [&](auto width, int64_t line) GAN_INLINED {
    const int64_t c = line * kLine;
    std::vector<float> turned(static_cast<size_t>(kLine * area * s.filters));  // [kLine, kernel, kernel, filters]
    for (int64_t tap = 0; tap < area; ++tap) {
      transpose(taps + tap * s.channels + c, area * s.channels, s.filters, turned.data() + tap * s.filters,
                area * s.filters);
    }
    for (int64_t i = 0; i < kLine; ++i) {
      taps_to_points(width, s, s.filters, turned.data() + i * area * s.filters, u.distance, s.channels * s.filters,
                     u.data() + (c + i) * s.filters);
    }
  });
  return u;
}

at::Tensor weight_of(const Shape& s, const Points& u) {
  at::Tensor weight = channels_last({s.filters, s.channels, s.kernel, s.kernel});
  float* taps = weight.data_ptr<float>();
  in_parallel(s.filters, [&](auto width, int64_t f) GAN_INLINED {
    points_to_taps(width, s, u.data() + f * s.depth(), u.distance, taps + f * s.kernel * s.kernel * s.channels);
  });
  return weight;
}

at::Tensor convolved(const Shape& s, const Points& v, const at::Tensor& weight) {
  return maps_of(s, multiplied(s, {v}, depth_by_filters(s, weight)));
}
at::Tensor transposed(const Shape& s, const Points& m, const at::Tensor& weight) {
  return images_of(s, multiplied(s, {m}, filters_by_depth(s, weight)));
}
at::Tensor weight_gradient(const Shape& s, const Points& v, const Points& m) {
  return weight_of(s, multiplied(s, {m, /*transposed=*/true}, v));
}

Shape shape_of(at::IntArrayRef images, at::IntArrayRef maps, const at::Tensor& weight, int64_t stride,
               int64_t padding) {
  return {.count = images[0],
          .height = images[2],
          .width = images[3],
          .channels = images[1],
          .out_height = maps[2],
          .out_width = maps[3],
          .filters = maps[1],
          .kernel = weight.size(2),
          .stride = stride,
          .padding = padding};
}

/// The points are for the weight's gradient only.
void save(AutogradContext* context, const Shape& s, const Points& points, const at::Tensor& weight) {
  context->save_for_backward({weight.requires_grad() ? points.numbers : at::Tensor(), weight});
  context->saved_data["sizes"] = std::vector<int64_t>{s.count,     s.height,  s.width,  s.channels, s.out_height,
                                                      s.out_width, s.filters, s.kernel, s.stride,   s.padding};
}

Shape saved_shape(AutogradContext* context) {
  const std::vector<int64_t> n = context->saved_data["sizes"].toIntVector();
  return {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9]};
}

struct WinogradConvTranspose : torch::autograd::Function<WinogradConvTranspose> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const Shape& s) {
    const Points m = map_points(s, x);
    save(context, s, m, weight);
    return transposed(s, m, weight);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_no_graph();
    const variable_list tensors = context->get_saved_variables();
    const Shape s = saved_shape(context);
    const Points v = image_points(s, gradients[0]);
    at::Tensor dx, dweight;
    if (context->needs_input_grad(0)) dx = convolved(s, v, tensors[1]);
    if (context->needs_input_grad(1)) dweight = weight_gradient(s, v, {tensors[0], s.tiles(), s.filters});
    return {dx, dweight, at::Tensor()};
  }
};

struct WinogradConv : torch::autograd::Function<WinogradConv> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const Shape& s) {
    const Points v = image_points(s, x);
    save(context, s, v, weight);
    return convolved(s, v, weight);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list tensors = context->get_saved_variables();
    const Shape s = saved_shape(context);
    if (c10::GradMode::is_enabled()) {
      if (context->needs_input_grad(1)) require_no_graph();
      return {WinogradConvTranspose::apply(gradients[0], tensors[1], s), at::Tensor(), at::Tensor()};
    }
    const Points m = map_points(s, gradients[0]);
    at::Tensor dx, dweight;
    if (context->needs_input_grad(0)) dx = transposed(s, m, tensors[1]);
    if (context->needs_input_grad(1)) dweight = weight_gradient(s, {tensors[0], s.tiles(), s.depth()}, m);
    return {dx, dweight, at::Tensor()};
  }
};

/// Whether there are kernels for these.
bool has_kernels(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t channels) {
  if (!x.is_cpu() || !weight.is_cpu() || x.dim() != 4 || weight.dim() != 4 || x.numel() == 0) return false;
  const int64_t kernel = weight.size(2);
  const bool has_form = (stride == 1 && kernel >= 3 && kernel <= 5) || (stride == 2 && kernel == 4);
  const bool whole = weight.size(0) % kLine == 0 && weight.size(1) % kLine == 0;
  return weight.scalar_type() == at::kFloat && weight.size(3) == kernel && x.size(1) == channels && has_form && whole;
}

bool pays(const Shape& s) {
  constexpr double kLeast = 1.5;  // the transforms take their part
  return multiplies_quickly() && s.gain() >= kLeast;
}

/// The shape of a convolution of x.
Shape downwards(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  const int64_t kernel = weight.size(2);
  const std::vector<int64_t> maps{x.size(0), weight.size(0), shrunk(x.size(2), kernel, stride, padding),
                                  shrunk(x.size(3), kernel, stride, padding)};
  return shape_of(x.sizes(), maps, weight, stride, padding);
}

/// The shape of a transposed convolution of x.
Shape upwards(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  const int64_t kernel = weight.size(2);
  const std::vector<int64_t> images{x.size(0), weight.size(1), grown(x.size(2), kernel, stride, padding),
                                    grown(x.size(3), kernel, stride, padding)};
  return shape_of(images, x.sizes(), weight, stride, padding);
}

}  // namespace

bool suits_winograd(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  return has_kernels(x, weight, stride, weight.size(1)) && x.size(2) + 2 * padding >= weight.size(2) &&
         x.size(3) + 2 * padding >= weight.size(2) && pays(downwards(x, weight, stride, padding));
}

bool suits_winograd_transpose(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  return has_kernels(x, weight, stride, weight.size(0)) &&
         (std::min(x.size(2), x.size(3)) - 1) * stride + weight.size(2) > 2 * padding &&
         pays(upwards(x, weight, stride, padding));
}

at::Tensor winograd_conv(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  TORCH_CHECK(x.scalar_type() == at::kFloat && has_kernels(x, weight, stride, weight.size(1)),
              "winograd_conv: no kernel for this");
  return WinogradConv::apply(x, weight, downwards(x, weight, stride, padding));
}

at::Tensor winograd_conv_transpose(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  TORCH_CHECK(x.scalar_type() == at::kFloat && has_kernels(x, weight, stride, weight.size(0)),
              "winograd_conv_transpose: no kernel for this");
  return WinogradConvTranspose::apply(x, weight, upwards(x, weight, stride, padding));
}

}  // namespace gan
