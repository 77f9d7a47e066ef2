#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gan {

/// A seed of its own for each use of one seed the user gave, so that no two draw the same numbers (the mixing function
/// of SplitMix64: Steele, Lea and Flood 2014).
uint64_t mix_seed(uint64_t seed, uint64_t use);

/// A CPU generator of its own.
at::Generator make_generator(uint64_t seed);

/// Seeds LibTorch's own generators, the CPU's and each CUDA device's: they make initial weights, noise and dropout.
void seed_default_generators(uint64_t seed);

/// The state of a generator as bytes, uint8 [n], and back. The default generator of a device is
/// `default_generator(device)`.
at::Tensor generator_state(at::Generator generator);
void set_generator_state(at::Generator generator, const at::Tensor& state);
at::Generator default_generator(at::Device device);

}  // namespace gan
