#include "gan/kernels/batch_norm.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "loops.h"

namespace gan {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kChunks = 16;      // of rows, whose sums are added in their order: the number of threads matters not
constexpr int64_t kGrain = 1 << 14;  // numbers that are worth a thread

/// What each channel is normalised by, z = a x + b, and its statistics: the rows of a tensor [4, C].
struct Channels {
  float *a, *b, *mean, *inv_std;

  explicit Channels(const at::Tensor& rows) {
    float* data = rows.data_ptr<float>();
    for (float** row : {&a, &b, &mean, &inv_std}) *row = std::exchange(data, data + rows.size(1));
  }
};

/// Maps as a matrix [rows, channels]: a row is a pixel.
template <class T>
struct Rows {
  T* data;
  int64_t count, channels;
};

GAN_INLINE float leaky(float z, float slope) {
  return z > 0 ? z : slope * z;
}

/// Sums over rows [begin, end) of x - origin and of its square.
template <class T>
GAN_INLINE void add_moments_of(Rows<const T> x, int64_t begin, int64_t end, const float* __restrict origin,
                               float* __restrict sums, float* __restrict squares) {
  const int64_t channels = x.channels;
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict values = x.data + row * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float d = static_cast<float>(values[c]) - origin[c];
      sums[c] += d;
      squares[c] += d * d;
    }
  }
}

template <class T>
GAN_INLINE void apply_to(Rows<const T> x, int64_t begin, int64_t end, const Channels& by, float slope,
                         T* __restrict out) {
  const int64_t channels = x.channels;
  const float* __restrict a = by.a, * __restrict b = by.b;
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict values = x.data + row * channels;
    T* __restrict y = out + row * channels;
    for (int64_t c = 0; c < channels; ++c) y[c] = leaky(a[c] * static_cast<float>(values[c]) + b[c], slope);
  }
}

/// Sums over rows of dz and of dz * (x - mean), dz being the gradient before LeakyReLU.
template <class T>
GAN_INLINE void add_gradients_of(Rows<const T> x, const T* gradient, int64_t begin, int64_t end, const Channels& by,
                                 float slope, float* __restrict sums, float* __restrict products) {
  const int64_t channels = x.channels;
  const float* __restrict a = by.a, * __restrict b = by.b, * __restrict mean = by.mean;
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict values = x.data + row * channels;
    const T* __restrict dy = gradient + row * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(values[c]), g = static_cast<float>(dy[c]);
      const float dz = a[c] * v + b[c] > 0 ? g : slope * g;
      sums[c] += dz;
      products[c] += dz * (v - mean[c]);
    }
  }
}

/// dx = a (dz - mean of dz - (x - mean) * (mean of dz (x - mean)) / (var + eps)), the last two being `shift`, `tilt`.
template <class T>
GAN_INLINE void differentiate(Rows<const T> x, const T* gradient, int64_t begin, int64_t end, const Channels& by,
                              float slope, const float* __restrict shift, const float* __restrict tilt,
                              T* __restrict out) {
  const int64_t channels = x.channels;
  const float* __restrict a = by.a, * __restrict b = by.b, * __restrict mean = by.mean;
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict values = x.data + row * channels;
    const T* __restrict dy = gradient + row * channels;
    T* __restrict dx = out + row * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(values[c]), g = static_cast<float>(dy[c]);
      const float dz = a[c] * v + b[c] > 0 ? g : slope * g;
      dx[c] = a[c] * (dz - shift[c] - (v - mean[c]) * tilt[c]);
    }
  }
}

/// Of each channel, for second derivatives: means over its rows of dz and of v, which is the gradient by dx; v_tilt,
/// the mean of v (x - mean) over var + eps; and what x's gradient takes of v, dz and x, see second_backward_of.
struct SecondFactors {
  std::vector<float> z_mean, v_mean, v_tilt, from_v, from_z, from_x;
};

/// Sums over rows of dz, dz * d, v, v * d and v * dz, d being x - mean.
template <class T>
GAN_INLINE void add_second_gradients_of(Rows<const T> x, const T* gradient, const T* by_dx, int64_t begin, int64_t end,
                                        const Channels& by, float slope, const std::array<float*, 5>& sums) {
  const int64_t channels = x.channels;
  const float* __restrict a = by.a, * __restrict b = by.b, * __restrict mean = by.mean;
  float* __restrict z_sum = sums[0], * __restrict zd_sum = sums[1];
  float* __restrict v_sum = sums[2], * __restrict vd_sum = sums[3], * __restrict vz_sum = sums[4];
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict values = x.data + row * channels;
    const T* __restrict dy = gradient + row * channels;
    const T* __restrict vs = by_dx + row * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float value = static_cast<float>(values[c]), g = static_cast<float>(dy[c]), v = static_cast<float>(vs[c]);
      const float dz = a[c] * value + b[c] > 0 ? g : slope * g, d = value - mean[c];
      z_sum[c] += dz;
      zd_sum[c] += dz * d;
      v_sum[c] += v;
      vd_sum[c] += v * d;
      vz_sum[c] += v * dz;
    }
  }
}

/// ddy = a (v - mean of v - d * v_tilt), through LeakyReLU; and x's gradient, see second_backward_of.
template <class T>
GAN_INLINE void differentiate_twice(Rows<const T> x, const T* gradient, const T* by_dx, int64_t begin, int64_t end,
                                    const Channels& by, float slope, const SecondFactors& of, T* __restrict out_dy,
                                    T* __restrict out_x) {
  const int64_t channels = x.channels;
  const float* __restrict a = by.a, * __restrict b = by.b, * __restrict mean = by.mean;
  const float* __restrict z_mean = of.z_mean.data(), * __restrict v_mean = of.v_mean.data();
  const float* __restrict v_tilt = of.v_tilt.data(), * __restrict from_v = of.from_v.data();
  const float* __restrict from_z = of.from_z.data(), * __restrict from_x = of.from_x.data();
  for (int64_t row = begin; row < end; ++row) {
    const T* __restrict values = x.data + row * channels;
    const T* __restrict dy = gradient + row * channels;
    const T* __restrict vs = by_dx + row * channels;
    T* __restrict ddy = out_dy + row * channels;
    T* __restrict dx = out_x + row * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float value = static_cast<float>(values[c]), g = static_cast<float>(dy[c]), v = static_cast<float>(vs[c]);
      const float leak = a[c] * value + b[c] > 0 ? 1 : slope, dz = leak * g, d = value - mean[c];
      ddy[c] = leak * a[c] * (v - v_mean[c] - d * v_tilt[c]);
      dx[c] = from_v[c] * (v - v_mean[c]) + from_z[c] * (dz - z_mean[c]) + from_x[c] * d;
    }
  }
}

// The loops above, compiled for each instruction set.
#define GAN_LOOPS(T)                                                                                            \
  GAN_CLONES void moments(Rows<const T> x, int64_t begin, int64_t end, const float* origin, float* sums,        \
                          float* squares) {                                                                     \
    add_moments_of(x, begin, end, origin, sums, squares);                                                       \
  }                                                                                                             \
  GAN_CLONES void apply(Rows<const T> x, int64_t begin, int64_t end, const Channels& by, float slope, T* out) { \
    apply_to(x, begin, end, by, slope, out);                                                                    \
  }                                                                                                             \
  GAN_CLONES void gradient_sums(Rows<const T> x, const T* dy, int64_t begin, int64_t end, const Channels& by,   \
                                float slope, float* sums, float* products) {                                    \
    add_gradients_of(x, dy, begin, end, by, slope, sums, products);                                             \
  }                                                                                                             \
  GAN_CLONES void input_gradient(Rows<const T> x, const T* dy, int64_t begin, int64_t end, const Channels& by,  \
                                 float slope, const float* shift, const float* tilt, T* dx) {                   \
    differentiate(x, dy, begin, end, by, slope, shift, tilt, dx);                                               \
  }                                                                                                             \
  GAN_CLONES void second_sums(Rows<const T> x, const T* dy, const T* v, int64_t begin, int64_t end,             \
                              const Channels& by, float slope, const std::array<float*, 5>& sums) {             \
    add_second_gradients_of(x, dy, v, begin, end, by, slope, sums);                                             \
  }                                                                                                             \
  GAN_CLONES void second_gradient(Rows<const T> x, const T* dy, const T* v, int64_t begin, int64_t end,         \
                                  const Channels& by, float slope, const SecondFactors& of, T* ddy, T* dx) {    \
    differentiate_twice(x, dy, v, begin, end, by, slope, of, ddy, dx);                                          \
  }
GAN_LOOPS(float)
GAN_LOOPS(Bf16)
#undef GAN_LOOPS

/// `kSums` sums a channel over all rows, by `add(begin, end, sums)` for each chunk of them.
template <size_t kSums, class Add>
std::array<std::vector<double>, kSums> sums_over(int64_t rows, int64_t channels, const Add& add) {
  std::vector<float> partial(static_cast<size_t>(kChunks * kSums * channels), 0);
  const auto sums_of = [&](int64_t chunk) {
    std::array<float*, kSums> sums;
    for (size_t i = 0; i < kSums; ++i) sums[i] = partial.data() + (kSums * chunk + i) * channels;
    return sums;
  };
  const int64_t size = (rows + kChunks - 1) / kChunks;
  at::parallel_for(0, kChunks, std::max<int64_t>(1, kGrain / (size * channels)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) add(std::min(rows, i * size), std::min(rows, (i + 1) * size), sums_of(i));
  });
  std::array<std::vector<double>, kSums> total;
  total.fill(std::vector<double>(static_cast<size_t>(channels), 0));
  for (int64_t i = 0; i < kChunks; ++i) {
    const std::array<float*, kSums> sums = sums_of(i);
    for (size_t which = 0; which < kSums; ++which) {
      for (size_t c = 0; c < static_cast<size_t>(channels); ++c) total[which][c] += sums[which][c];
    }
  }
  return total;
}

template <class T>
Rows<const T> rows_of(const at::Tensor& x) {
  return {numbers<T>(x), x.numel() / x.size(1), x.size(1)};
}

template <class Body>
void over_rows(int64_t rows, int64_t channels, const Body& body) {
  at::parallel_for(0, rows, std::max<int64_t>(1, kGrain / channels), body);
}

/// A number near each channel's mean, that of some rows: what is summed from there loses nothing where the mean is
/// large against the deviation.
template <class T>
std::vector<float> near_means(Rows<const T> x) {
  constexpr int64_t kRows = 16;
  std::vector<float> means(static_cast<size_t>(x.channels), 0);
  for (int64_t i = 0; i < kRows; ++i) {
    const T* row = x.data + i * x.count / kRows * x.channels;
    for (size_t c = 0; c < means.size(); ++c) means[c] += static_cast<float>(row[c]) / kRows;
  }
  return means;
}

/// What the batch is normalised by, as Channels takes it; moves the running statistics.
template <class T>
at::Tensor statistics(const BatchNormLeakyRelu& layer, Rows<const T> x) {
  const std::vector<float> origin = near_means(x);
  const auto [sums, squares] = sums_over<2>(x.count, x.channels, [&](int64_t begin, int64_t end, const auto& into) {
    moments(x, begin, end, origin.data(), into[0], into[1]);
  });
  const at::Tensor rows = at::empty({4, x.channels}, at::kFloat);
  const Channels by(rows);
  const float *scale = layer.scale.const_data_ptr<float>(), *shift = layer.shift.const_data_ptr<float>();
  float *running_mean = layer.running_mean.data_ptr<float>(), *running_var = layer.running_var.data_ptr<float>();
  const auto n = static_cast<double>(x.count);
  for (int64_t c = 0; c < x.channels; ++c) {
    const double from_origin = sums[c] / n, mean = static_cast<double>(origin[c]) + from_origin;
    const double var = std::max(0.0, squares[c] / n - from_origin * from_origin);
    const double inv_std = 1 / std::sqrt(var + layer.eps);
    by.a[c] = static_cast<float>(scale[c] * inv_std);
    by.b[c] = static_cast<float>(shift[c] - mean * scale[c] * inv_std);
    by.mean[c] = static_cast<float>(mean);
    by.inv_std[c] = static_cast<float>(inv_std);
    running_mean[c] += static_cast<float>(layer.momentum * (mean - running_mean[c]));
    running_var[c] += static_cast<float>(layer.momentum * (var * n / std::max(1.0, n - 1) - running_var[c]));
  }
  return rows;
}

struct Forward {
  at::Tensor y, channels;
};

template <class T>
Forward forward_of(const BatchNormLeakyRelu& layer, const at::Tensor& x) {
  const auto rows = rows_of<T>(x);
  const Forward result{at::empty_like(x), statistics(layer, rows)};
  const Channels by(result.channels);
  T* y = mutable_numbers<T>(result.y);
  over_rows(rows.count, rows.channels,
            [&](int64_t begin, int64_t end) { apply(rows, begin, end, by, static_cast<float>(layer.slope), y); });
  return result;
}

struct Gradients {
  at::Tensor x, scale, shift;
};

template <class T>
Gradients backward_of(const at::Tensor& x, const at::Tensor& gradient, const Channels& by, float slope) {
  const auto rows = rows_of<T>(x);
  const T* dy = numbers<T>(gradient);
  const auto [sums, products] =
      sums_over<2>(rows.count, rows.channels, [&](int64_t begin, int64_t end, const auto& into) {
        gradient_sums(rows, dy, begin, end, by, slope, into[0], into[1]);
      });
  const Gradients out{at::empty_like(x), at::empty({rows.channels}, at::kFloat),
                      at::empty({rows.channels}, at::kFloat)};
  std::vector<float> shift(sums.size()), tilt(sums.size());
  const auto n = static_cast<double>(rows.count);
  for (size_t c = 0; c < sums.size(); ++c) {
    shift[c] = static_cast<float>(sums[c] / n);
    tilt[c] = static_cast<float>(products[c] / n * by.inv_std[c] * by.inv_std[c]);
    out.scale.data_ptr<float>()[c] = static_cast<float>(products[c] * by.inv_std[c]);
    out.shift.data_ptr<float>()[c] = static_cast<float>(sums[c]);
  }
  T* dx = mutable_numbers<T>(out.x);
  over_rows(rows.count, rows.channels, [&](int64_t begin, int64_t end) {
    input_gradient(rows, dy, begin, end, by, slope, shift.data(), tilt.data(), dx);
  });
  return out;
}

struct SecondGradients {
  at::Tensor x, dy, scale;
};

/// Gradients of a function L of dx, given v = dL/d(dx). With s = 1 / sqrt(var + eps), xhat = s d and means over the
/// rows A = mean(dz xhat), B = mean(v xhat), C = mean(v dz):
///   dL/d(dz)    = scale s (v - mean(v) - xhat B)
///   dL/d(x)     = -scale s^2 ((v - mean(v)) A + (dz - mean(dz)) B + xhat (C - mean(v) mean(dz) - 3 A B))
///   dL/d(scale) = rows s (C - mean(v) mean(dz) - A B)
template <class T>
SecondGradients second_backward_of(const at::Tensor& x, const at::Tensor& gradient, const at::Tensor& by_dx,
                                   const Channels& by, float slope) {
  const auto rows = rows_of<T>(x);
  const T *dy = numbers<T>(gradient), *v = numbers<T>(by_dx);
  const auto sums = sums_over<5>(rows.count, rows.channels, [&](int64_t begin, int64_t end, const auto& into) {
    second_sums(rows, dy, v, begin, end, by, slope, into);
  });
  const SecondGradients out{at::empty_like(x), at::empty_like(x), at::empty({rows.channels}, at::kFloat)};
  const std::vector<float> blank(sums[0].size());
  SecondFactors of{blank, blank, blank, blank, blank, blank};
  const auto n = static_cast<double>(rows.count);
  for (size_t c = 0; c < blank.size(); ++c) {
    const double s = by.inv_std[c], z_mean = sums[0][c] / n, v_mean = sums[2][c] / n;
    const double a = s * sums[1][c] / n, b = s * sums[3][c] / n, covariance = sums[4][c] / n - v_mean * z_mean;
    of.z_mean[c] = static_cast<float>(z_mean);
    of.v_mean[c] = static_cast<float>(v_mean);
    of.v_tilt[c] = static_cast<float>(s * b);
    of.from_v[c] = static_cast<float>(-by.a[c] * s * a);
    of.from_z[c] = static_cast<float>(-by.a[c] * s * b);
    of.from_x[c] = static_cast<float>(-by.a[c] * s * s * (covariance - 3 * a * b));
    out.scale.data_ptr<float>()[c] = static_cast<float>(n * s * (covariance - a * b));
  }
  T *ddy = mutable_numbers<T>(out.dy), *dx = mutable_numbers<T>(out.x);
  over_rows(rows.count, rows.channels,
            [&](int64_t begin, int64_t end) { second_gradient(rows, dy, v, begin, end, by, slope, of, ddy, dx); });
  return out;
}

/// x's gradient, as a function that has gradients itself.
struct BatchNormGradient : torch::autograd::Function<BatchNormGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& dy,
                            const at::Tensor& /*scale*/, const at::Tensor& channels, double slope) {
    context->save_for_backward({x, dy, channels});
    context->saved_data["slope"] = slope;
    return with_type(x, [&](auto number) {
      return backward_of<decltype(number)>(x, dy, Channels(channels), static_cast<float>(slope)).x;
    });
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_no_graph();
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &dy = saved[1];
    const auto slope = static_cast<float>(context->saved_data["slope"].toDouble());
    const at::Tensor v = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const SecondGradients out = with_type(
        x, [&](auto number) { return second_backward_of<decltype(number)>(x, dy, v, Channels(saved[2]), slope); });
    return {out.x, out.dy, out.scale, at::Tensor(), at::Tensor()};
  }
};

struct BatchNormFunction : torch::autograd::Function<BatchNormFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& scale,
                            const at::Tensor& /*shift*/, const BatchNormLeakyRelu& layer) {
    const Forward result = with_type(x, [&](auto number) { return forward_of<decltype(number)>(layer, x); });
    context->save_for_backward({x, result.channels, scale});
    context->saved_data["slope"] = layer.slope;
    return result.y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &channels = saved[1];
    const double slope = context->saved_data["slope"].toDouble();
    const at::Tensor dy = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    if (c10::GradMode::is_enabled()) {
      if (context->needs_input_grad(1) || context->needs_input_grad(2)) require_no_graph();
      return {BatchNormGradient::apply(x, dy, saved[2], channels, slope), at::Tensor(), at::Tensor(), at::Tensor()};
    }
    const Gradients out = with_type(x, [&](auto number) {
      return backward_of<decltype(number)>(x, dy, Channels(channels), static_cast<float>(slope));
    });
    return {out.x, out.scale, out.shift, at::Tensor()};
  }
};

}  // namespace

at::Tensor BatchNormLeakyRelu::operator()(const at::Tensor& x) const {
  require_maps(x);
  for (const at::Tensor& values : {scale, shift, running_mean, running_var}) {
    TORCH_CHECK(values.numel() == x.size(1) && values.is_contiguous() && values.scalar_type() == at::kFloat,
                "BatchNormLeakyRelu: expected floats, one a channel");
  }
  return BatchNormFunction::apply(x.contiguous(at::MemoryFormat::ChannelsLast), scale, shift, *this);
}

}  // namespace gan
