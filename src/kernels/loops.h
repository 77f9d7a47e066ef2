#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "dispatch.h"

namespace gan {

/// bfloat16 like c10::BFloat16, but vectorised by compilers: the upper half of a float, rounded to nearest even.
struct Bf16 {
  uint16_t bits;

  GAN_INLINE Bf16& operator=(float value) {
    const auto wide = std::bit_cast<uint32_t>(value);
    const uint32_t rounded = (wide + 0x7fff + ((wide >> 16) & 1)) >> 16;
    bits = static_cast<uint16_t>(value != value ? 0x7fc0 : rounded);
    return *this;
  }
  GAN_INLINE operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};

/// Call it in a backward pass without a graph, whose own gradient would be wrong without an error.
inline void require_no_graph() {
  TORCH_CHECK(!c10::GradMode::is_enabled(), "this kernel has no double backward");
}

/// Throws unless x is [N, C, H, W] on the CPU, as kernels over maps need.
inline void require_maps(const at::Tensor& x) {
  TORCH_CHECK(x.is_cpu() && x.dim() == 4 && x.numel() > 0, "expected maps [N, C, H, W] on the CPU");
}

/// A tensor's numbers as float or Bf16.
template <class T>
const T* numbers(const at::Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}
template <class T>
T* mutable_numbers(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

/// Calls body(T{}) with T the type of the tensor's numbers, float or Bf16.
template <class Body>
auto with_type(const at::Tensor& tensor, const Body& body) {
  TORCH_CHECK(tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16,
              "expected float or bfloat16");
  return tensor.scalar_type() == at::kFloat ? body(float{}) : body(Bf16{});
}

}  // namespace gan
