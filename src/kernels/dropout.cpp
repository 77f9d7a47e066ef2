#include "gan/kernels/dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>
#include <mutex>

#include "loops.h"

namespace gan {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kGrain = 1 << 14;  // numbers that are worth a thread

struct Drop {
  uint32_t key, more_key, below;  ///< a number is dropped whose hash is below this
  float slope, scale;

  Drop(int64_t seed, double slope, double p)
      : key(static_cast<uint32_t>(seed)),
        more_key(static_cast<uint32_t>(seed >> 32)),
        below(static_cast<uint32_t>(p * 4294967296.0)),
        slope(static_cast<float>(slope)),
        scale(static_cast<float>(1 / (1 - p))) {}

  /// What the gradient, or leaky's result, is multiplied by. The hash is C. Wellons's lowbias32 (2018), keyed twice.
  GAN_INLINE float factor(uint32_t place) const {
    uint32_t hash = place + key;
    hash = (hash ^ (hash >> 16)) * 0x21f0aaad;
    hash = ((hash ^ (hash >> 15)) + more_key) * 0x735a2d97;
    hash ^= hash >> 15;
    return hash < below ? 0.0F : scale;
  }
};

// `drop` by value, and places counted in 32 bits: else the loops are not vectorised.
GAN_CLONES void drop_out(const Drop drop, const float* __restrict x, uint32_t begin, uint32_t end,
                         float* __restrict y) {
  for (uint32_t i = begin; i < end; ++i) y[i] = (x[i] > 0 ? x[i] : drop.slope * x[i]) * drop.factor(i);
}

GAN_CLONES void drop_gradient(const Drop drop, const float* __restrict x, const float* __restrict dy, uint32_t begin,
                              uint32_t end, float* __restrict dx) {
  for (uint32_t i = begin; i < end; ++i) dx[i] = (x[i] > 0 ? dy[i] : drop.slope * dy[i]) * drop.factor(i);
}

int64_t draw_seed() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return static_cast<int64_t>(at::check_generator<at::CPUGeneratorImpl>(generator)->random64());
}

struct LeakyReluDropout : torch::autograd::Function<LeakyReluDropout> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, double slope, double p) {
    const int64_t seed = draw_seed();
    const Drop drop(seed, slope, p);
    const at::Tensor y = at::empty_like(x);
    at::parallel_for(0, x.numel(), kGrain,
                     [&, in = numbers<float>(x), out = mutable_numbers<float>(y)](int64_t begin, int64_t end) {
                       drop_out(drop, in, begin, end, out);
                     });
    context->save_for_backward({x});
    context->saved_data["seed"] = seed;
    context->saved_data["slope"] = slope;
    context->saved_data["p"] = p;
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_no_graph();
    const at::Tensor x = context->get_saved_variables()[0], dy = gradients[0].contiguous(), dx = at::empty_like(x);
    const Drop drop(context->saved_data["seed"].toInt(), context->saved_data["slope"].toDouble(),
                    context->saved_data["p"].toDouble());
    at::parallel_for(0, x.numel(), kGrain,
                     [&, in = numbers<float>(x), gradient = numbers<float>(dy), out = mutable_numbers<float>(dx)](
                         int64_t begin, int64_t end) { drop_gradient(drop, in, gradient, begin, end, out); });
    return {dx, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor leaky_relu_dropout(const at::Tensor& x, double slope, double p) {
  TORCH_CHECK(x.is_cpu() && x.scalar_type() == at::kFloat && p >= 0 && p < 1, "leaky_relu_dropout: x or p");
  TORCH_CHECK(x.numel() <= std::numeric_limits<uint32_t>::max(), "leaky_relu_dropout: too many numbers");
  return LeakyReluDropout::apply(x.contiguous(), slope, p);
}

}  // namespace gan
