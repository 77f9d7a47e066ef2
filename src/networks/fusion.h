#pragma once

#include <ATen/core/Tensor.h>

#include <span>

namespace gan {

/// What the first layers of a network gave, and how many they were.
struct Fused {
  at::Tensor output;
  int64_t layers = 1;
};

enum class Differentiable { once, twice };

/// The output of the first layers of `rest`, at least one, given x. Where there is a kernel that does the same as one
/// layer or several in a row, but faster (gan/kernels), it is taken, if it can be differentiated as asked; numbers
/// differ by no more than rounding.
Fused fused_step(std::span<torch::nn::AnyModule> rest, const at::Tensor& x, Differentiable asked);

}  // namespace gan
