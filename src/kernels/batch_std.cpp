#include "gan/kernels/batch_std.h"

#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "loops.h"

namespace gan {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr float kTiny = 1e-8F;  // the slope of the root is infinite at 0

/// Samples as a matrix [count, size].
struct Samples {
  const float* data;
  int64_t count, size;
};

GAN_INLINE void moments(Samples x, float* __restrict mean, float* __restrict deviation) {
  const float part = 1 / static_cast<float>(x.count);
  for (int64_t j = 0; j < x.size; ++j) mean[j] = deviation[j] = 0;
  for (int64_t i = 0; i < x.count; ++i) {
    const float* __restrict row = x.data + i * x.size;
    for (int64_t j = 0; j < x.size; ++j) mean[j] += row[j];
  }
  for (int64_t j = 0; j < x.size; ++j) mean[j] *= part;
  for (int64_t i = 0; i < x.count; ++i) {
    const float* __restrict row = x.data + i * x.size;
    for (int64_t j = 0; j < x.size; ++j) deviation[j] += (row[j] - mean[j]) * (row[j] - mean[j]);
  }
  for (int64_t j = 0; j < x.size; ++j) deviation[j] = std::sqrt(deviation[j] * part + kTiny);
}

/// dx = slope (x - mean) / std.
GAN_INLINE void differentiate(Samples x, const float* __restrict mean, const float* __restrict deviation, float slope,
                              float* dx) {
  for (int64_t i = 0; i < x.count; ++i) {
    const float* __restrict row = x.data + i * x.size;
    float* __restrict out = dx + i * x.size;
    for (int64_t j = 0; j < x.size; ++j) out[j] = slope * (row[j] - mean[j]) / deviation[j];
  }
}

/// Given v, the gradient of dx: v_mean, its mean over the batch, and products, the mean of v (x - mean).
GAN_INLINE void second_moments(Samples x, const float* v, const float* __restrict mean, float* __restrict v_mean,
                               float* __restrict products) {
  const float part = 1 / static_cast<float>(x.count);
  for (int64_t j = 0; j < x.size; ++j) v_mean[j] = products[j] = 0;
  for (int64_t i = 0; i < x.count; ++i) {
    const float* __restrict row = x.data + i * x.size;
    const float* __restrict by = v + i * x.size;
    for (int64_t j = 0; j < x.size; ++j) {
      v_mean[j] += part * by[j];
      products[j] += part * by[j] * (row[j] - mean[j]);
    }
  }
}

/// The gradient by x of sum(v dx): slope ((v - v_mean) / std - (x - mean) products / std^3).
GAN_INLINE void differentiate_twice(Samples x, const float* v, const float* __restrict mean,
                                    const float* __restrict deviation, const float* __restrict v_mean,
                                    const float* __restrict products, float slope, float* ddx) {
  for (int64_t i = 0; i < x.count; ++i) {
    const float* __restrict row = x.data + i * x.size;
    const float* __restrict by = v + i * x.size;
    float* __restrict out = ddx + i * x.size;
    for (int64_t j = 0; j < x.size; ++j) {
      const float tilt = products[j] / (deviation[j] * deviation[j]);
      out[j] = slope * (by[j] - v_mean[j] - (row[j] - mean[j]) * tilt) / deviation[j];
    }
  }
}

Samples samples_of(const at::Tensor& x) {
  return {x.const_data_ptr<float>(), x.size(0), x.numel() / x.size(0)};
}

/// Rows of the tensor [2, size] in which mean and standard deviation are kept.
const float* mean_of(const at::Tensor& both) {
  return both.const_data_ptr<float>();
}
const float* deviation_of(const at::Tensor& both) {
  return both.const_data_ptr<float>() + both.size(1);
}

/// A tensor of x's layout.
at::Tensor laid_out_as(const at::Tensor& x, const at::Tensor& values) {
  return values.strides() == x.strides() ? values : at::empty_like(x).copy_(values);
}

/// The gradient by x, given that by the result, as a function with a backward pass of its own.
struct BatchStdGradient : torch::autograd::Function<BatchStdGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& dy,
                            const at::Tensor& both) {
    context->save_for_backward({x, dy, both});
    at::Tensor dx = at::empty_like(x);
    const float slope = *dy.const_data_ptr<float>() / static_cast<float>(x.numel());
    with_best_instructions([&](auto) GAN_INLINED {
      differentiate(samples_of(x), mean_of(both), deviation_of(both), slope, dx.mutable_data_ptr<float>());
    });
    return dx;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_no_graph();
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &dy = saved[1], &both = saved[2], v = laid_out_as(x, gradients[0]);
    const Samples samples = samples_of(x);
    std::vector<float> v_mean(static_cast<size_t>(samples.size)), products(v_mean.size());
    const float* by = v.const_data_ptr<float>();
    at::Tensor ddx = at::empty_like(x);
    const float slope = *dy.const_data_ptr<float>() / static_cast<float>(x.numel());
    with_best_instructions([&](auto) GAN_INLINED {
      second_moments(samples, by, mean_of(both), v_mean.data(), products.data());
      differentiate_twice(samples, by, mean_of(both), deviation_of(both), v_mean.data(), products.data(), slope,
                          ddx.mutable_data_ptr<float>());
    });
    double sum = 0;
    for (size_t j = 0; j < products.size(); ++j) sum += products[j] / deviation_of(both)[j];
    const at::Tensor ddy = at::full_like(dy, sum / static_cast<double>(samples.size));
    return {ddx, ddy, at::Tensor()};
  }
};

struct BatchStd : torch::autograd::Function<BatchStd> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
    const Samples samples = samples_of(x);
    const at::Tensor both = at::empty({2, samples.size}, at::kFloat);
    float* rows = both.data_ptr<float>();
    with_best_instructions([&](auto) GAN_INLINED { moments(samples, rows, rows + samples.size); });
    context->save_for_backward({x, both});
    double sum = 0;
    for (int64_t j = 0; j < samples.size; ++j) sum += deviation_of(both)[j];
    return at::scalar_tensor(sum / static_cast<double>(samples.size), at::kFloat);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    return {BatchStdGradient::apply(saved[0], gradients[0], saved[1])};
  }
};

}  // namespace

at::Tensor mean_std_over_batch(const at::Tensor& x) {
  TORCH_CHECK(x.is_cpu() && x.dim() > 1 && x.numel() > 0 && x.scalar_type() == at::kFloat &&
                  x.is_non_overlapping_and_dense() && (x.size(0) == 1 || x.stride(0) == x.numel() / x.size(0)),
              "mean_std_over_batch: expected dense float samples on the CPU");
  return BatchStd::apply(x);
}

}  // namespace gan
