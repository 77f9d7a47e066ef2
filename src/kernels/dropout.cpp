#include "gan/kernels/dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <vector>

#include "gan/base/philox.h"
#include "gan/dist/world.h"
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

/// Numbers that lie in a row: here from `begin` on, and from `first` on in the examples of all ranks.
struct Span {
  int64_t begin, count, first;
};

/// The spans of examples: all of them, or this rank's of each batch.
std::vector<Span> spans_of(const at::Tensor& x) {
  if (world().group.alone()) return {{0, x.numel(), 0}};
  const int64_t own = world().rows(), row = x.numel() / x.size(0);
  TORCH_CHECK(x.size(0) % own == 0, "leaky_relu_dropout: ", x.size(0), " rows, which are no batches of ", own);
  std::vector<Span> spans;
  for (int64_t batch = 0; batch < x.size(0) / own; ++batch) {
    spans.push_back({batch * own * row, own * row, (batch * world().batch_size + world().first_row()) * row});
  }
  return spans;
}

// Takes `drop` by value, or the loops would not vectorise.
GAN_INLINE void drop_out(const Drop drop, const float* x, const float* in, const Span span, int64_t chunk, int64_t last,
                         float* out) {
  for (; chunk < last; ++chunk) {
    const int64_t begin = std::max(span.first, chunk * kChunk),
                  end = std::min(span.first + span.count, (chunk + 1) * kChunk), at = span.begin + begin - span.first;
    uint16_t bits[kChunk];
    drop.draw(chunk, bits);
    drop.apply(bits + begin % kChunk, x + at, in + at, end - begin, out + at);
  }
}

at::Tensor drop_out(const Drop& drop, const at::Tensor& x, const at::Tensor& in) {
  const at::Tensor out = at::empty_like(x);
  for (const Span& span : spans_of(x)) {
    const int64_t chunk = span.first / kChunk, last = (span.first + span.count + kChunk - 1) / kChunk;
    at::parallel_for(chunk, last, kGrain, [&](int64_t begin, int64_t end) {
      with_best_instructions([&](auto) GAN_INLINED {
        drop_out(drop, numbers<float>(x), numbers<float>(in), span, begin, end, mutable_numbers<float>(out));
      });
    });
  }
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
