#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gan {

/// Derives a seed for each use of the user's one seed (the mixing function of SplitMix64: Steele, Lea and Flood 2014).
/// LibTorch's CPU generator, mt19937, takes only the low 32 bits of it, so two uses or two seeds draw the same numbers
/// with probability 2^-32. Where there are many seeds, as for latents, use philox.h instead.
uint64_t mix_seed(uint64_t seed, uint64_t use);

/// A new CPU generator, mt19937, seeded with the low 32 bits of `seed`.
at::Generator make_generator(uint64_t seed);

/// Seeds LibTorch's default generators, of the CPU (low 32 bits) and of each CUDA device, which draw initial weights,
/// noise and dropout.
void seed_default_generators(uint64_t seed);

/// The state of a generator as bytes, uint8 [n]. Restoring one that does not fit throws Error.
at::Tensor generator_state(at::Generator generator);
void set_generator_state(at::Generator generator, const at::Tensor& state);

at::Generator default_generator(at::Device device);

}  // namespace gan
