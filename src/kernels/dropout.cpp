#include "gan/kernels/dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "gan/base/philox.h"
#include "loops.h"

namespace gan {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kLanes = 32;               // blocks of Philox computed together
constexpr int64_t kChunk = 8 * kLanes;       // their numbers, of 16 bits each
constexpr int64_t kGrain = 16'384 / kChunk;  // chunks for a thread

struct Drop {
  uint64_t key;
  uint32_t below;  ///< drop a number if its 16 bits are below this
  float slope, scale;

  Drop(int64_t seed, double slope, double p)
      : key(static_cast<uint64_t>(seed)),
        below(static_cast<uint32_t>(std::lround(p * 65536))),
        slope(static_cast<float>(slope)),
        scale(static_cast<float>(1 / (1 - p))) {}

  /// The 16 bits of each number of a chunk.
  GAN_INLINE void draw(int64_t chunk, uint16_t* __restrict bits) const {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const auto words = philox(key, static_cast<uint64_t>(chunk * kLanes + lane), PhiloxUse::dropout);
      for (int64_t i = 0; i < 4; ++i) {
        bits[2 * i * kLanes + lane] = static_cast<uint16_t>(words[i]);
        bits[(2 * i + 1) * kLanes + lane] = static_cast<uint16_t>(words[i] >> 16);
      }
    }
  }

  /// The output for `in`, which is x forward, and the gradient of y backward.
  GAN_INLINE void apply(const uint16_t* bits, const float* __restrict x, const float* __restrict in, int64_t count,
                        float* __restrict out) const {
    for (int64_t i = 0; i < count; ++i) {
      out[i] = (x[i] > 0 ? in[i] : slope * in[i]) * (bits[i] < below ? 0.0F : scale);
    }
  }
};

// Takes `drop` by value, or the loops would not vectorise.
GAN_CLONES void drop_out(const Drop drop, const float* x, const float* in, int64_t size, int64_t first, int64_t last,
                         float* out) {
  for (int64_t chunk = first; chunk < last; ++chunk) {
    const int64_t begin = chunk * kChunk;
    uint16_t bits[kChunk];
    drop.draw(chunk, bits);
    drop.apply(bits, x + begin, in + begin, std::min(kChunk, size - begin), out + begin);
  }
}

at::Tensor drop_out(const Drop& drop, const at::Tensor& x, const at::Tensor& in) {
  const at::Tensor out = at::empty_like(x);
  at::parallel_for(0, (x.numel() + kChunk - 1) / kChunk, kGrain, [&](int64_t first, int64_t last) {
    drop_out(drop, numbers<float>(x), numbers<float>(in), x.numel(), first, last, mutable_numbers<float>(out));
  });
  return out;
}

int64_t draw_seed() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return static_cast<int64_t>(at::check_generator<at::CPUGeneratorImpl>(generator)->random64());
}

struct LeakyReluDropout : torch::autograd::Function<LeakyReluDropout> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, double slope, double p) {
    const int64_t seed = draw_seed();
    context->save_for_backward({x});
    context->saved_data["seed"] = seed;
    context->saved_data["slope"] = slope;
    context->saved_data["p"] = p;
    return drop_out(Drop(seed, slope, p), x, x);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_no_graph();
    const Drop drop(context->saved_data["seed"].toInt(), context->saved_data["slope"].toDouble(),
                    context->saved_data["p"].toDouble());
    return {drop_out(drop, context->get_saved_variables()[0], gradients[0].contiguous()), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor leaky_relu_dropout(const at::Tensor& x, double slope, double p) {
  TORCH_CHECK(x.is_cpu() && x.scalar_type() == at::kFloat && p >= 0 && p < 1, "leaky_relu_dropout: x or p");
  return LeakyReluDropout::apply(x.contiguous(), slope, p);
}

}  // namespace gan
