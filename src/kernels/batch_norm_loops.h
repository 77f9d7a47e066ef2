#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "loops.h"

namespace gan {

// The inner loops of batch norm and LeakyReLU, each over rows [begin, end). In them dy is the gradient of the output,
// dz the gradient before LeakyReLU, d = x - mean.

/// Maps as a matrix [rows, channels]: a row is a pixel.
template <class T>
struct Rows {
  T* data;
  int64_t count, channels;
};

/// What each channel is normalised by, z = a x + b, and its statistics: the rows of a tensor [4, C].
struct Channels {
  float *a, *b, *mean, *inv_std;

  explicit Channels(const at::Tensor& rows) {
    float* data = rows.data_ptr<float>();
    for (float** row : {&a, &b, &mean, &inv_std}) *row = std::exchange(data, data + rows.size(1));
  }
};

/// Numbers of each channel for second derivatives: the means of dz and of v, the gradient by dx; v_tilt, the mean of
/// v d over var + eps; and the weights of v, dz and d in the gradient by x.
struct SecondFactors {
  std::vector<float> z_mean, v_mean, v_tilt, from_v, from_z, from_x;
};

GAN_INLINE float leaky(float z, float slope) {
  return z > 0 ? z : slope * z;
}

/// Adds up x - origin and its square.
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

/// Adds up dz and dz d.
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

/// dx = a (dz - shift - d tilt), shift being the mean of dz, tilt the mean of dz d over var + eps.
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

/// Adds up dz, dz d, v, v d and v dz.
template <class T>
GAN_INLINE void add_second_gradients_of(Rows<const T> x, const T* gradient, const T* by_dx, int64_t begin, int64_t end,
                                        const Channels& by, float slope, float* __restrict z_sum,
                                        float* __restrict zd_sum, float* __restrict v_sum, float* __restrict vd_sum,
                                        float* __restrict vz_sum) {
  const int64_t channels = x.channels;
  const float* __restrict a = by.a, * __restrict b = by.b, * __restrict mean = by.mean;
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

/// ddy = a (v - mean of v - d v_tilt), through LeakyReLU; dx is the gradient by x.
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

}  // namespace gan
