#include "gan/kernels/max_pool.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "loops.h"

namespace gan {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A row of `width` output pixels, each of `channels` numbers. Its two input rows follow each other.
struct Row {
  int64_t width, channels;
  int64_t pixel(int64_t which, int64_t x) const {  ///< offset of one of the four pixels that output pixel x sees
    return ((which / 2) * 2 * width + 2 * x + which % 2) * channels;
  }
};

template <class T>
GAN_INLINE void pool(const Row& row, const T* __restrict in, T* __restrict out, int32_t* __restrict from) {
  for (int64_t x = 0; x < row.width; ++x) {
    const T *a = in + row.pixel(0, x), *b = in + row.pixel(1, x), *c = in + row.pixel(2, x), *d = in + row.pixel(3, x);
    T* __restrict largest = out + x * row.channels;
    int32_t* __restrict index = from + x * row.channels;
    for (int64_t i = 0; i < row.channels; ++i) {
      float best = a[i];
      int32_t which = 0;
      const float rest[] = {b[i], c[i], d[i]};
      for (int32_t k = 0; k < 3; ++k) {
        const bool larger = rest[k] > best || rest[k] != rest[k];  // keeps nan
        best = larger ? rest[k] : best;
        which = larger ? k + 1 : which;
      }
      largest[i] = best;
      index[i] = which;
    }
  }
}

/// y is tanh of the pooled number: d tanh = 1 - y^2.
template <class T>
GAN_INLINE void unpool(const Row& row, const T* __restrict y, const T* __restrict dy, const int32_t* __restrict from,
                       T* __restrict dx) {
  for (int64_t x = 0; x < row.width; ++x) {
    const int64_t start = x * row.channels;
    for (int32_t which = 0; which < 4; ++which) {
      T* __restrict out = dx + row.pixel(which, x);
      for (int64_t i = 0; i < row.channels; ++i) {
        const float value = y[start + i], gradient = dy[start + i];
        out[i] = from[start + i] == which ? gradient * (1 - value * value) : 0.0F;
      }
    }
  }
}

at::Tensor empty_maps(const at::Tensor& like, int64_t height, int64_t width, at::ScalarType type) {
  return at::empty({like.size(0), like.size(1), height, width}, like.options().dtype(type),
                   at::MemoryFormat::ChannelsLast);
}

/// Calls body(output row, its offset in the output, that in the input) for each row of each map.
template <class Body>
void over_rows(const at::Tensor& out, const Body& body) {
  const Row row{out.size(3), out.size(1)};
  const int64_t size = row.width * row.channels;
  at::parallel_for(0, out.size(0) * out.size(2), 1 + 32768 / size, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(row, i * size, i * 4 * size);
  });
}

template <class T>
void forward_of(const at::Tensor& x, const at::Tensor& y, const at::Tensor& from) {
  const T* in = numbers<T>(x);
  T* out = mutable_numbers<T>(y);
  int32_t* index = from.data_ptr<int32_t>();
  over_rows(y, [=](const Row& row, int64_t to, int64_t at) {
    with_best_instructions([&](auto) GAN_INLINED { pool(row, in + at, out + to, index + to); });
  });
}

template <class T>
void backward_of(const at::Tensor& y, const at::Tensor& dy, const at::Tensor& from, const at::Tensor& dx) {
  const T *values = numbers<T>(y), *gradients = numbers<T>(dy);
  const int32_t* index = from.const_data_ptr<int32_t>();
  T* out = mutable_numbers<T>(dx);
  over_rows(y, [=](const Row& row, int64_t at, int64_t to) {
    with_best_instructions([&](auto) GAN_INLINED { unpool(row, values + at, gradients + at, index + at, out + to); });
  });
}

struct TanhMaxPool : torch::autograd::Function<TanhMaxPool> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
    const at::Tensor y = empty_maps(x, x.size(2) / 2, x.size(3) / 2, x.scalar_type());
    const at::Tensor from = empty_maps(y, y.size(2), y.size(3), at::kInt);
    with_type(x, [&](auto number) { forward_of<decltype(number)>(x, y, from); });
    y.tanh_();
    context->save_for_backward({y, from});
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    require_no_graph();
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &y = saved[0], &from = saved[1];
    const at::Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor dx = empty_maps(y, 2 * y.size(2), 2 * y.size(3), y.scalar_type());
    with_type(y, [&](auto number) { backward_of<decltype(number)>(y, dy, from, dx); });
    return {dx};
  }
};

}  // namespace

at::Tensor tanh_max_pool(const at::Tensor& x) {
  require_maps(x);
  TORCH_CHECK(x.size(2) % 2 == 0 && x.size(3) % 2 == 0, "tanh_max_pool: odd sides");
  return TanhMaxPool::apply(x.contiguous(at::MemoryFormat::ChannelsLast));
}

}  // namespace gan
