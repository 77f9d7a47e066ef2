#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <bit>
#include <cmath>
#include <cstdint>

/// Compiles a function several times, for instruction sets old and new; the processor's best is taken when the program
/// starts. Its loops are plain ones, which the compiler vectorises. What such a function calls must be inlined into it.
#if defined(__x86_64__) && !defined(__clang__) && __GNUC__ >= 12 && !defined(__SANITIZE_ADDRESS__)
#define GAN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GAN_CLONES  // other compilers know no such list; a sanitizer is not yet there when the choice is made
#endif
#define GAN_INLINE inline __attribute__((always_inline))

namespace gan {

/// bfloat16 as c10::BFloat16 is, in a way that compilers vectorise: the upper half of a float, rounded to even.
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

/// For backward passes done without a graph: to differentiate them again would be wrong in silence.
inline void require_no_graph() {
  TORCH_CHECK(!c10::GradMode::is_enabled(), "this gradient of a kernel cannot be differentiated again");
}

/// What kernels over maps take: [N, C, H, W] on the CPU.
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

/// Calls body(T{}) with float or Bf16, as the tensor's numbers are.
template <class Body>
auto with_type(const at::Tensor& tensor, const Body& body) {
  TORCH_CHECK(tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16,
              "expected float or bfloat16");
  return tensor.scalar_type() == at::kFloat ? body(float{}) : body(Bf16{});
}

}  // namespace gan
