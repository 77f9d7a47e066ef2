#pragma once

#include <span>

#include "gan/networks/network.h"

namespace gan {

/// The output of a network's first layers, and how many they were.
struct Fused {
  at::Tensor output;
  int64_t layers = 1;
};

/// Runs the first layers of `rest`, at least one, on x. Takes a faster kernel (gan/kernels) where one does the same as
/// a layer, or as several in a row, and can be differentiated as asked. Numbers differ by no more than rounding.
Fused fused_step(std::span<torch::nn::AnyModule> rest, const at::Tensor& x, Differentiable asked);

}  // namespace gan
