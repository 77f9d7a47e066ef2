#include "gan/kernels/convolution.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "gan/kernels/product.h"
#include "gan/kernels/winograd.h"
#include "loops.h"
#include "sides.h"
#include "small_product.h"
#include "vector.h"

namespace gan {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A transposed convolution from maps of height x width to images of out_height x out_width. The columns of a map are
/// [height, width, kernel, kernel, channels], an image is [out_height, out_width, channels].
struct Geometry {
  int64_t maps, height, width, kernel, stride, padding, channels, out_height, out_width;

  int64_t rows() const { return maps * height * width; }
  int64_t columns() const { return kernel * kernel * channels; }
  int64_t map_size() const { return height * width * columns(); }
  int64_t image_size() const { return out_height * out_width * channels; }
};

/// The geometry of a convolution of x.
Geometry downwards(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  const int64_t kernel = weight.size(2);
  return {.maps = x.size(0),
          .height = shrunk(x.size(2), kernel, stride, padding),
          .width = shrunk(x.size(3), kernel, stride, padding),
          .kernel = kernel,
          .stride = stride,
          .padding = padding,
          .channels = x.size(1),
          .out_height = x.size(2),
          .out_width = x.size(3)};
}

/// The geometry of a transposed convolution of x to images of these sides.
Geometry upwards(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding, int64_t out_height,
                 int64_t out_width) {
  return {.maps = x.size(0),
          .height = x.size(2),
          .width = x.size(3),
          .kernel = weight.size(2),
          .stride = stride,
          .padding = padding,
          .channels = weight.size(1),
          .out_height = out_height,
          .out_width = out_width};
}

/// Calls visit(offset in the columns of rows [begin, end) of the map, offset in the image, length) for each run that is
/// contiguous in both. The columns of a pixel begin `row` numbers after those of the last one.
template <class Visit>
GAN_INLINE void each_run(const Geometry& s, int64_t begin, int64_t end, int64_t row, const Visit& visit) {
  for (int64_t h = begin; h < end; ++h) {
    for (int64_t w = 0; w < s.width; ++w) {
      const int64_t left = w * s.stride - s.padding;
      const int64_t first = std::max<int64_t>(0, -left), last = std::min(s.kernel, s.out_width - left);
      if (first >= last) continue;
      for (int64_t k = 0; k < s.kernel; ++k) {
        const int64_t y = h * s.stride - s.padding + k;
        if (y < 0 || y >= s.out_height) continue;
        visit(((h - begin) * s.width + w) * row + (k * s.kernel + first) * s.channels,
              (y * s.out_width + left + first) * s.channels, (last - first) * s.channels);
      }
    }
  }
}

/// Adds the columns of rows [begin, end) of a map to its image.
template <class T>
void add_columns(const Geometry& s, int64_t begin, int64_t end, int64_t row, const T* columns, float* image) {
  with_best_instructions([=](auto) GAN_INLINED {
    each_run(s, begin, end, row, [columns, image](int64_t from, int64_t to, int64_t length) GAN_INLINED {
      const T* __restrict run = columns + from;
      float* __restrict sums = image + to;
      for (int64_t i = 0; i < length; ++i) sums[i] += static_cast<float>(run[i]);
    });
  });
}

/// The columns of rows [begin, end) of a map; zero beyond the image's edges.
template <class T>
void take_columns(const Geometry& s, int64_t begin, int64_t end, int64_t row, const T* image, T* columns) {
  constexpr int64_t kShort = 4;  // numbers, copied without a call: a row of a 4 x 4 kernel over a gray image
  std::memset(columns, 0, static_cast<size_t>((end - begin) * s.width * row) * sizeof(T));
  each_run(s, begin, end, row, [=](int64_t to, int64_t from, int64_t length) {
    if (length == kShort) {
      std::memcpy(columns + to, image + from, kShort * sizeof(T));
    } else {
      std::memcpy(columns + to, image + from, static_cast<size_t>(length) * sizeof(T));
    }
  });
}

/// [N, C, H, W] as [N H W, C]. No copy if x is channels-last.
at::Tensor pixels_by_channels(const at::Tensor& x) {
  return x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)});
}

/// A weight [C, D, k, k] as [C, k k D], and back. No copy if it is channels-last.
at::Tensor by_tap(const at::Tensor& weight) {
  return weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1});
}
at::Tensor weight_of(const at::Tensor& taps, at::IntArrayRef sizes) {
  return taps.reshape({sizes[0], sizes[2], sizes[3], sizes[1]}).permute({0, 3, 1, 2});
}

/// [rows, C] as maps [N, C, H, W]. No copy.
at::Tensor maps_of(const at::Tensor& rows, int64_t maps, int64_t height, int64_t width) {
  return rows.view({maps, height, width, rows.size(1)}).permute({0, 3, 1, 2});
}

void save(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const Geometry& s) {
  context->save_for_backward({x, weight});
  for (const auto& [name, number] : {std::pair{"stride", s.stride},
                                     {"padding", s.padding},
                                     {"out_height", s.out_height},
                                     {"out_width", s.out_width}}) {
    context->saved_data[name] = number;
  }
}

int64_t saved(AutogradContext* context, const char* name) {
  return context->saved_data[name].toInt();
}

// ---- Three products ----------------------------------------------------------------------------
// Of rows [N H W, C] (the pixels of the maps), images, and weights [C, k k D].

/// Whether a product with maps of C channels is computed in blocks of rows, whose columns stay in the first cache.
/// Matrices of many columns need a library's product, and so does bfloat16.
bool by_blocks(const Geometry& s, at::ScalarType type, int64_t channels) {
  constexpr int64_t kManyColumns = 256;
  return multiplies_quickly() && type == at::kFloat && channels % kLine == 0 && s.columns() <= kManyColumns;
}

/// Numbers from one row of columns to the next, in a block.
int64_t row_of(const Geometry& s) {
  return whole_lines(s.columns());
}

/// Calls body(map, first row, last row, columns to use) for each block of the maps [begin, end).
template <class Body>
void each_block(const Geometry& s, int64_t begin, int64_t end, const Body& body) {
  constexpr int64_t kNumbers = 4096;
  const int64_t block = std::clamp<int64_t>(kNumbers / (s.width * row_of(s)), 1, s.height);
  std::vector<float> columns(static_cast<size_t>(block * s.width * row_of(s)));
  for (int64_t map = begin; map < end; ++map) {
    for (int64_t h = 0; h < s.height; h += block) body(map, h, std::min(s.height, h + block), columns.data());
  }
}

/// With columns of zeros up to so many.
at::Tensor padded(const at::Tensor& matrix, int64_t columns) {
  return matrix.size(1) == columns ? matrix : at::constant_pad_nd(matrix, {0, columns - matrix.size(1)});
}

/// sum(rows * weight): images [N, D, H, W].
at::Tensor images_of(const Geometry& s, const at::Tensor& rows, const at::Tensor& weight) {
  const at::Tensor images = at::zeros({s.maps, s.out_height, s.out_width, s.channels}, at::kFloat);
  float* to = images.data_ptr<float>();
  if (by_blocks(s, weight.scalar_type(), weight.size(0))) {
    const int64_t depth = rows.size(1), n = row_of(s);
    const at::Tensor x = rows.contiguous(), taps = padded(weight, n).contiguous();
    const float *row = x.const_data_ptr<float>(), *b = taps.const_data_ptr<float>();
    at::parallel_for(0, s.maps, 1, [&](int64_t begin, int64_t end) {
      each_block(s, begin, end, [&](int64_t map, int64_t first, int64_t last, float* columns) {
        multiply({.a = row + (map * s.height + first) * s.width * depth,
                  .a_row = depth,
                  .a_column = 1,
                  .b = b,
                  .b_row = n,
                  .c = columns,
                  .c_row = n,
                  .rows = (last - first) * s.width,
                  .depth = depth},
                 0, n);
        add_columns(s, first, last, n, columns, to + map * s.image_size());
      });
    });
    return images.permute({0, 3, 1, 2});
  }
  const at::Tensor columns = product(rows, weight);
  with_type(columns, [&](auto number) {
    const auto* from = numbers<decltype(number)>(columns);
    at::parallel_for(0, s.maps, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        add_columns(s, 0, s.height, s.columns(), from + i * s.map_size(), to + i * s.image_size());
      }
    });
  });
  return images.permute({0, 3, 1, 2}).to(columns.scalar_type());
}

/// All columns of images [N, D, H, W], [N H W, k k D].
at::Tensor gathered(const Geometry& s, const at::Tensor& images) {
  const at::Tensor columns = at::empty({s.rows(), s.columns()}, images.options());
  with_type(images, [&](auto number) {
    using T = decltype(number);
    const T* from = numbers<T>(images);
    T* to = mutable_numbers<T>(columns);
    at::parallel_for(0, s.maps, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        take_columns(s, 0, s.height, s.columns(), from + i * s.image_size(), to + i * s.map_size());
      }
    });
  });
  return columns;
}

/// columns(images) * weight^T: rows [N H W, C].
at::Tensor rows_of(const Geometry& s, const at::Tensor& x, const at::Tensor& weight) {
  const at::Tensor images = x.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t filters = weight.size(0), n = row_of(s);
  if (!by_blocks(s, weight.scalar_type(), filters)) return product(gathered(s, images), weight.t());
  const at::Tensor taps = weight.t().contiguous();
  at::Tensor rows = at::empty({s.rows(), filters}, at::kFloat);
  const float *from = images.const_data_ptr<float>(), *b = taps.const_data_ptr<float>();
  float* to = rows.data_ptr<float>();
  at::parallel_for(0, s.maps, 1, [&](int64_t begin, int64_t end) {
    each_block(s, begin, end, [&](int64_t map, int64_t first, int64_t last, float* columns) {
      take_columns(s, first, last, n, from + map * s.image_size(), columns);
      multiply({.a = columns,
                .a_row = n,
                .a_column = 1,
                .b = b,
                .b_row = filters,
                .c = to + (map * s.height + first) * s.width * filters,
                .c_row = filters,
                .rows = (last - first) * s.width,
                .depth = s.columns()},
               0, filters);
    });
  });
  return rows;
}

/// rows^T * columns(images): the gradient by a weight [C, k k D].
at::Tensor weight_gradient(const Geometry& s, const at::Tensor& rows, const at::Tensor& x) {
  const at::Tensor images = x.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t filters = rows.size(1), n = row_of(s);
  if (!by_blocks(s, rows.scalar_type(), filters)) return product(rows.t(), gathered(s, images));
  const at::Tensor dy = rows.contiguous();
  // Of parts of the maps, added up in order, so that the number of threads does not matter.
  constexpr int64_t kParts = 16;
  at::Tensor parts = at::zeros({kParts, filters, n}, at::kFloat);
  const float *from = images.const_data_ptr<float>(), *a = dy.const_data_ptr<float>();
  float* to = parts.data_ptr<float>();
  at::parallel_for(0, kParts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      const int64_t first_map = part * s.maps / kParts, last_map = (part + 1) * s.maps / kParts;
      each_block(s, first_map, last_map, [&](int64_t map, int64_t first, int64_t last, float* columns) {
        take_columns(s, first, last, n, from + map * s.image_size(), columns);
        multiply({.a = a + (map * s.height + first) * s.width * filters,
                  .a_row = 1,
                  .a_column = filters,
                  .b = columns,
                  .b_row = n,
                  .c = to + part * filters * n,
                  .c_row = n,
                  .rows = filters,
                  .depth = (last - first) * s.width,
                  .adds = true},
                 0, n);
      });
    }
  });
  return parts.sum(0).narrow(1, 0, s.columns());
}

struct ConvTransposeProduct : torch::autograd::Function<ConvTransposeProduct> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Geometry& s) {
    save(context, x, weight, s);
    return images_of(s, pixels_by_channels(x), by_tap(weight));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_no_graph();
    const variable_list tensors = context->get_saved_variables();
    const at::Tensor &x = tensors[0], &weight = tensors[1], &dy = gradients[0];
    const Geometry s = upwards(x, weight, saved(context, "stride"), saved(context, "padding"),
                               saved(context, "out_height"), saved(context, "out_width"));
    at::Tensor dx, dweight;
    if (context->needs_input_grad(0)) dx = maps_of(rows_of(s, dy, by_tap(weight)), s.maps, s.height, s.width);
    if (context->needs_input_grad(1)) {
      dweight = weight_of(weight_gradient(s, pixels_by_channels(x), dy), weight.sizes());
    }
    return {dx, dweight, at::Tensor()};
  }
};

struct ConvProduct : torch::autograd::Function<ConvProduct> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Geometry& s) {
    save(context, x, weight, s);
    return maps_of(rows_of(s, x, by_tap(weight)), s.maps, s.height, s.width);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list tensors = context->get_saved_variables();
    const at::Tensor &x = tensors[0], &weight = tensors[1];
    const Geometry s = downwards(x, weight, saved(context, "stride"), saved(context, "padding"));
    if (c10::GradMode::is_enabled()) {
      if (context->needs_input_grad(1)) require_no_graph();
      return {ConvTransposeProduct::apply(gradients[0], weight, s), at::Tensor(), at::Tensor()};
    }
    const at::Tensor dy = pixels_by_channels(gradients[0]);
    at::Tensor dx, dweight;
    if (context->needs_input_grad(0)) dx = images_of(s, dy, by_tap(weight));
    if (context->needs_input_grad(1)) dweight = weight_of(weight_gradient(s, dy, x), weight.sizes());
    return {dx, dweight, at::Tensor()};
  }
};

void require_fit(const at::Tensor& x, const at::Tensor& weight, int64_t channels) {
  require_maps(x);
  TORCH_CHECK(weight.dim() == 4 && weight.size(channels) == x.size(1) && weight.size(2) == weight.size(3) &&
                  weight.scalar_type() == x.scalar_type(),
              "expected a square kernel of the type and channels of the maps");
}

constexpr int64_t kFewChannels = 16;  // of an output; up to here a product is faster

/// Which pixel of the small map each tap of a kernel of size k sees, from an even and from an odd output pixel: 0 and
/// 1, [2 * pixels, k]. Pixels count from the leftmost that any tap sees.
at::Tensor taps_by_pixel(int64_t k) {
  const int64_t radius = (k - 1) / 2, reach = (radius + 1) / 2, pixels = 2 * reach + 1;
  const at::Tensor taps = at::zeros({2 * pixels, k}, at::kFloat);
  for (int64_t odd : {0, 1}) {
    for (int64_t tap = 0; tap < k; ++tap) {
      const int64_t pixel = (odd + tap - radius + 2 * reach) / 2;  // not negative, so / rounds down
      taps.data_ptr<float>()[(odd * pixels + pixel) * k + tap] = 1;
    }
  }
  return taps;
}

/// The kernels of the four kinds of output pixel, [2 * 2 * C_out, C_in, pixels, pixels].
at::Tensor weight_by_pixel(const at::Tensor& weight) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);  // round the sums only once
  const at::Tensor taps = taps_by_pixel(weight.size(2)).to(weight.scalar_type());
  const int64_t out = weight.size(0), in = weight.size(1), pixels = taps.size(0) / 2;
  const at::Tensor rows = at::matmul(at::matmul(taps, weight), taps.t());  // [C_out, C_in, 2 * pixels, 2 * pixels]
  return rows.view({out, in, 2, pixels, 2, pixels}).permute({2, 4, 0, 1, 3, 5}).reshape({4 * out, in, pixels, pixels});
}

}  // namespace

at::Tensor conv_of_upsampled(const at::Tensor& x, const at::Tensor& weight) {
  const at::Tensor by_pixel = weight_by_pixel(weight).to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t padding = (by_pixel.size(2) - 1) / 2, out = weight.size(0), height = x.size(2), width = x.size(3);
  // A convolution of stride 1 is the transposed convolution with the flipped kernel.
  const at::Tensor y = by_pixel.size(0) <= kFewChannels
                           ? conv_transpose_product(x, by_pixel.flip({2, 3}).transpose(0, 1), 1, padding)
                       : suits_winograd(x, by_pixel, 1, padding) ? winograd_conv(x, by_pixel, 1, padding)
                                                                 : at::conv2d(x, by_pixel, {}, 1, padding);
  return y.permute({0, 2, 3, 1})
      .reshape({-1, height, width, 2, 2, out})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, 2 * height, 2 * width, out})
      .permute({0, 3, 1, 2});
}

at::Tensor conv_transpose_product(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  require_fit(x, weight, 0);
  const int64_t kernel = weight.size(2);
  return ConvTransposeProduct::apply(x, weight,
                                     upwards(x, weight, stride, padding, grown(x.size(2), kernel, stride, padding),
                                             grown(x.size(3), kernel, stride, padding)));
}

at::Tensor conv_product(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  require_fit(x, weight, 1);
  return ConvProduct::apply(x, weight, downwards(x, weight, stride, padding));
}

}  // namespace gan
