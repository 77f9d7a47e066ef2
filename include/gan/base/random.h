#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gan {

/// A seed of its own for each use of one seed the user gave (the mixing function of SplitMix64: Steele, Lea and Flood
/// 2014). All 64 bits count, but LibTorch's CPU generator, mt19937, takes the low 32 bits of what comes out: two uses,
/// or two seeds, draw the same numbers with a chance of 2^-32. Where many seeds are in use, as for latents, that is too
/// many: philox.h.
uint64_t mix_seed(uint64_t seed, uint64_t use);

/// A CPU generator of its own, mt19937, from the low 32 bits of `seed`.
at::Generator make_generator(uint64_t seed);

/// Seeds LibTorch's own generators, the CPU's (by the low 32 bits) and each CUDA device's: they make initial weights,
/// noise and dropout.
void seed_default_generators(uint64_t seed);

/// The state of a generator as bytes, uint8 [n], and back. The default generator of a device is
/// `default_generator(device)`.
at::Tensor generator_state(at::Generator generator);
void set_generator_state(at::Generator generator, const at::Tensor& state);
at::Generator default_generator(at::Device device);

}  // namespace gan
