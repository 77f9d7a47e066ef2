#include "gan/kernels/convolution.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "gan/kernels/product.h"
#include "loops.h"

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
  const auto shrunk = [&](int64_t side) { return (side + 2 * padding - kernel) / stride + 1; };
  return {.maps = x.size(0),
          .height = shrunk(x.size(2)),
          .width = shrunk(x.size(3)),
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

/// Calls visit(offset in the map's columns, offset in the image, length) for each run that is contiguous in both.
template <class Visit>
GAN_INLINE void each_run(const Geometry& s, const Visit& visit) {
  for (int64_t h = 0; h < s.height; ++h) {
    for (int64_t w = 0; w < s.width; ++w) {
      const int64_t left = w * s.stride - s.padding;
      const int64_t first = std::max<int64_t>(0, -left), last = std::min(s.kernel, s.out_width - left);
      if (first >= last) continue;
      for (int64_t k = 0; k < s.kernel; ++k) {
        const int64_t y = h * s.stride - s.padding + k;
        if (y < 0 || y >= s.out_height) continue;
        visit((((h * s.width + w) * s.kernel + k) * s.kernel + first) * s.channels,
              (y * s.out_width + left + first) * s.channels, (last - first) * s.channels);
      }
    }
  }
}

template <class T, class Sum>
GAN_INLINE void add_map(const Geometry& s, const T* __restrict columns, Sum* __restrict image) {
  each_run(s, [=](int64_t from, int64_t to, int64_t length) {
    for (int64_t i = 0; i < length; ++i) image[to + i] += static_cast<Sum>(columns[from + i]);
  });
}
GAN_CLONES void add_columns(const Geometry& s, const float* columns, float* image) {
  add_map(s, columns, image);
}
GAN_CLONES void add_columns(const Geometry& s, const Bf16* columns, float* image) {
  add_map(s, columns, image);
}

/// Adds up columns [rows, columns] to images: float [N, channels, out_height, out_width].
template <class T>
at::Tensor scatter(const Geometry& s, const at::Tensor& columns) {
  const at::Tensor images = at::zeros({s.maps, s.out_height, s.out_width, s.channels}, at::kFloat);
  const T* from = numbers<T>(columns);
  float* to = images.data_ptr<float>();
  at::parallel_for(0, s.maps, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) add_columns(s, from + i * s.map_size(), to + i * s.image_size());
  });
  return images.permute({0, 3, 1, 2});
}

/// The columns of images [N, out_height, out_width, channels]; zero beyond the edges.
template <class T>
at::Tensor gather(const Geometry& s, const at::Tensor& images) {
  const at::Tensor columns = at::empty({s.rows(), s.columns()}, images.options());
  const T* from = numbers<T>(images);
  T* to = mutable_numbers<T>(columns);
  at::parallel_for(0, s.maps, 1, [&](int64_t begin, int64_t end) {
    std::memset(to + begin * s.map_size(), 0, static_cast<size_t>((end - begin) * s.map_size()) * sizeof(T));
    for (int64_t i = begin; i < end; ++i) {
      each_run(s, [column = to + i * s.map_size(), image = from + i * s.image_size()](int64_t a, int64_t b, int64_t n) {
        std::memcpy(column + a, image + b, static_cast<size_t>(n) * sizeof(T));
      });
    }
  });
  return columns;
}

at::Tensor scattered(const Geometry& s, const at::Tensor& columns) {
  return with_type(columns, [&](auto number) { return scatter<decltype(number)>(s, columns); })
      .to(columns.scalar_type());
}

at::Tensor gathered(const Geometry& s, const at::Tensor& images) {
  const at::Tensor rows = images.contiguous(at::MemoryFormat::ChannelsLast);
  return with_type(rows, [&](auto number) { return gather<decltype(number)>(s, rows); });
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
  return taps.view({sizes[0], sizes[2], sizes[3], sizes[1]}).permute({0, 3, 1, 2});
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

struct ConvTransposeProduct : torch::autograd::Function<ConvTransposeProduct> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Geometry& s) {
    save(context, x, weight, s);
    return scattered(s, product(pixels_by_channels(x), by_tap(weight)));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_no_graph();
    const variable_list tensors = context->get_saved_variables();
    const at::Tensor &x = tensors[0], &weight = tensors[1];
    const Geometry s = upwards(x, weight, saved(context, "stride"), saved(context, "padding"),
                               saved(context, "out_height"), saved(context, "out_width"));
    const at::Tensor columns = gathered(s, gradients[0]);
    at::Tensor dx, dweight;
    if (context->needs_input_grad(0)) dx = maps_of(product(columns, by_tap(weight).t()), s.maps, s.height, s.width);
    if (context->needs_input_grad(1)) dweight = weight_of(product(pixels_by_channels(x).t(), columns), weight.sizes());
    return {dx, dweight, at::Tensor()};
  }
};

struct ConvProduct : torch::autograd::Function<ConvProduct> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Geometry& s) {
    save(context, x, weight, s);
    return maps_of(product(gathered(s, x), by_tap(weight).t()), s.maps, s.height, s.width);
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
    if (context->needs_input_grad(0)) dx = scattered(s, product(dy, by_tap(weight)));
    if (context->needs_input_grad(1)) dweight = weight_of(product(dy.t(), gathered(s, x)), weight.sizes());
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
                           : at::conv2d(x, by_pixel, {}, 1, padding);
  return y.permute({0, 2, 3, 1})
      .reshape({-1, height, width, 2, 2, out})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, 2 * height, 2 * width, out})
      .permute({0, 3, 1, 2});
}

at::Tensor conv_transpose_product(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  require_fit(x, weight, 0);
  const auto grown = [&](int64_t side) { return (side - 1) * stride - 2 * padding + weight.size(2); };
  return ConvTransposeProduct::apply(x, weight,
                                     upwards(x, weight, stride, padding, grown(x.size(2)), grown(x.size(3))));
}

at::Tensor conv_product(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  require_fit(x, weight, 1);
  return ConvProduct::apply(x, weight, downwards(x, weight, stride, padding));
}

}  // namespace gan
