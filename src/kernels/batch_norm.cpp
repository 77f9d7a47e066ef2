#include "gan/kernels/batch_norm.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "batch_norm_loops.h"
#include "gan/dist/world.h"

namespace gan {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kChunks = 16;      // of rows; their sums are added in order, so the number of threads does not matter
constexpr int64_t kGrain = 1 << 14;  // numbers for a thread

/// `kSums` sums for each channel over all rows; `add(begin, end, sums)` adds up a chunk of them.
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
    with_best_instructions([&](auto) GAN_INLINED {
      for (int64_t i = begin; i < end; ++i) add(std::min(rows, i * size), std::min(rows, (i + 1) * size), sums_of(i));
    });
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

/// Adds up the sums of all ranks, if they synchronize. How many rows these are of.
template <size_t kSums>
double add_ranks(std::array<std::vector<double>, kSums>& sums, int64_t rows) {
  const World& ranks = world();
  if (!ranks.synchronizes()) return static_cast<double>(rows);
  const auto channels = static_cast<int64_t>(sums[0].size());
  const at::Tensor all = at::empty({static_cast<int64_t>(kSums), channels}, at::kDouble);
  double* number = all.data_ptr<double>();
  for (const auto& of_each : sums) number = std::copy(of_each.begin(), of_each.end(), number);
  ranks.group.sum(all);
  number = all.data_ptr<double>();
  for (auto& of_each : sums) {
    std::copy_n(number, channels, of_each.begin());
    number += channels;
  }
  return static_cast<double>(rows * ranks.group.size());
}

template <class T>
Rows<const T> rows_of(const at::Tensor& x) {
  return {numbers<T>(x), x.numel() / x.size(1), x.size(1)};
}

template <class Body>
void over_rows(int64_t rows, int64_t channels, const Body& body) {
  at::parallel_for(0, rows, std::max<int64_t>(1, kGrain / channels), [&](int64_t begin, int64_t end) {
    with_best_instructions([&](auto) GAN_INLINED { body(begin, end); });
  });
}

/// The mean of some rows for each channel. Sums relative to it lose no precision where the mean is large against the
/// deviation.
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

/// Sums and squares relative to `origin`, which is then 0: ranks have origins of their own.
void move_origin_to_zero(std::array<std::vector<double>, 2>& sums, std::vector<float>& origin, int64_t rows) {
  for (size_t c = 0; c < origin.size(); ++c) {
    const double from = std::exchange(origin[c], 0.0F);
    sums[1][c] += from * (2 * sums[0][c] + static_cast<double>(rows) * from);
    sums[0][c] += static_cast<double>(rows) * from;
  }
}

/// The statistics of the batch, as rows of Channels. Updates the running statistics.
template <class T>
at::Tensor statistics(const BatchNormLeakyRelu& layer, Rows<const T> x) {
  std::vector<float> origin = near_means(x);
  auto both = sums_over<2>(x.count, x.channels, [&](int64_t begin, int64_t end, const auto& into) GAN_INLINED {
    add_moments_of(x, begin, end, origin.data(), into[0], into[1]);
  });
  if (world().synchronizes()) move_origin_to_zero(both, origin, x.count);
  const double n = add_ranks(both, x.count);
  const auto& [sums, squares] = both;
  const at::Tensor rows = at::empty({4, x.channels}, at::kFloat);
  const Channels by(rows);
  const float *scale = layer.scale.const_data_ptr<float>(), *shift = layer.shift.const_data_ptr<float>();
  float *running_mean = layer.running_mean.data_ptr<float>(), *running_var = layer.running_var.data_ptr<float>();
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
  over_rows(rows.count, rows.channels, [&](int64_t begin, int64_t end) GAN_INLINED {
    apply_to(rows, begin, end, by, static_cast<float>(layer.slope), y);
  });
  return result;
}

struct Gradients {
  at::Tensor x, scale, shift;
};

template <class T>
Gradients backward_of(const at::Tensor& x, const at::Tensor& gradient, const Channels& by, float slope) {
  const auto rows = rows_of<T>(x);
  const T* dy = numbers<T>(gradient);
  auto sums = sums_over<2>(rows.count, rows.channels, [&](int64_t begin, int64_t end, const auto& into) GAN_INLINED {
    add_gradients_of(rows, dy, begin, end, by, slope, into[0], into[1]);
  });
  const Gradients out{at::empty_like(x), at::empty({rows.channels}, at::kFloat),
                      at::empty({rows.channels}, at::kFloat)};
  const auto channels = static_cast<size_t>(rows.channels);
  for (size_t c = 0; c < channels; ++c) {  // of this rank's rows: the optimizer takes the mean over ranks
    out.scale.data_ptr<float>()[c] = static_cast<float>(sums[1][c] * by.inv_std[c]);
    out.shift.data_ptr<float>()[c] = static_cast<float>(sums[0][c]);
  }
  const double n = add_ranks(sums, rows.count);
  std::vector<float> shift(channels), tilt(channels);
  for (size_t c = 0; c < channels; ++c) {
    shift[c] = static_cast<float>(sums[0][c] / n);
    tilt[c] = static_cast<float>(sums[1][c] / n * by.inv_std[c] * by.inv_std[c]);
  }
  T* dx = mutable_numbers<T>(out.x);
  over_rows(rows.count, rows.channels, [&](int64_t begin, int64_t end) GAN_INLINED {
    differentiate(rows, dy, begin, end, by, slope, shift.data(), tilt.data(), dx);
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
  auto sums = sums_over<5>(rows.count, rows.channels, [&](int64_t begin, int64_t end, const auto& into) GAN_INLINED {
    add_second_gradients_of(rows, dy, v, begin, end, by, slope, into[0], into[1], into[2], into[3], into[4]);
  });
  const SecondGradients out{at::empty_like(x), at::empty_like(x), at::empty({rows.channels}, at::kFloat)};
  const std::vector<float> blank(sums[0].size());
  SecondFactors of{blank, blank, blank, blank, blank, blank};
  const double n = add_ranks(sums, rows.count);
  for (size_t c = 0; c < blank.size(); ++c) {
    const double s = by.inv_std[c], z_mean = sums[0][c] / n, v_mean = sums[2][c] / n;
    const double a = s * sums[1][c] / n, b = s * sums[3][c] / n, covariance = sums[4][c] / n - v_mean * z_mean;
    of.z_mean[c] = static_cast<float>(z_mean);
    of.v_mean[c] = static_cast<float>(v_mean);
    of.v_tilt[c] = static_cast<float>(s * b);
    of.from_v[c] = static_cast<float>(-by.a[c] * s * a);
    of.from_z[c] = static_cast<float>(-by.a[c] * s * b);
    of.from_x[c] = static_cast<float>(-by.a[c] * s * s * (covariance - 3 * a * b));
    // This rank's part, of which the optimizer takes the mean over ranks.
    out.scale.data_ptr<float>()[c] = static_cast<float>(static_cast<double>(rows.count) * s * (covariance - a * b));
  }
  T *ddy = mutable_numbers<T>(out.dy), *dx = mutable_numbers<T>(out.x);
  over_rows(rows.count, rows.channels, [&](int64_t begin, int64_t end) GAN_INLINED {
    differentiate_twice(rows, dy, v, begin, end, by, slope, of, ddy, dx);
  });
  return out;
}

/// The gradient by x, as a function with a backward pass of its own.
struct BatchNormGradient : torch::autograd::Function<BatchNormGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& dy,
                            const at::Tensor& /*scale*/, const at::Tensor& /*shift*/, const at::Tensor& channels,
                            double slope) {
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
    // The gradient by x does not hang on the shift: that is a gradient of 0, as LibTorch's layers give, and not none.
    const at::Tensor shift = context->needs_input_grad(3) ? at::zeros_like(out.scale) : at::Tensor();
    return {out.x, out.dy, out.scale, shift, at::Tensor(), at::Tensor()};
  }
};

struct BatchNormFunction : torch::autograd::Function<BatchNormFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& scale,
                            const at::Tensor& shift, const BatchNormLeakyRelu& layer) {
    const Forward result = with_type(x, [&](auto number) { return forward_of<decltype(number)>(layer, x); });
    context->save_for_backward({x, result.channels, scale, shift});
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
      return {BatchNormGradient::apply(x, dy, saved[2], saved[3], channels, slope), at::Tensor(), at::Tensor(),
              at::Tensor()};
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
