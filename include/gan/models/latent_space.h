#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

#include "gan/base/choice.h"

namespace gan {

/// What latents are drawn from: a standard normal distribution, or uniformly from [-1, 1).
enum class Noise { normal, uniform };
constexpr auto choices(Noise) {
  return std::array<Choice<Noise>, 2>{{{Noise::normal, "normal"}, {Noise::uniform, "uniform"}}};
}

/// `count` latents, float [count, size], from the device's default generator.
at::Tensor draw_latents(Noise noise, int64_t count, int64_t size, at::Device device);

/// What makes a latent of a seed. Philox 4x32-10 (base/philox.h): the seed's 64 bits are the key, so no two seeds share
/// a latent, and every machine draws the same bits. Runs that began before it go on with LibTorch's mt19937, which
/// takes 32 bits of a seed, and whose normal numbers differ by 2e-6 between instruction sets.
enum class LatentGenerator { mt19937, philox };
constexpr auto choices(LatentGenerator) {
  return std::array<Choice<LatentGenerator>, 2>{
      {{LatentGenerator::mt19937, "mt19937"}, {LatentGenerator::philox, "philox"}}};
}

/// What a seed's latent is drawn from.
struct LatentSource {
  Noise noise = Noise::normal;
  int64_t size = 100;  ///< numbers in a latent
  LatentGenerator generator = LatentGenerator::philox;
};

/// The latent of each seed, float [seeds, size], on the CPU. With philox a 32-bit number b becomes
///   normal   the quantile of (b + 1/2) / 2^32 (base/normal_quantile.h), rounded to float
///   uniform  floor(b / 2^8) / 2^23 - 1
at::Tensor latents_of_seeds(const LatentSource& source, const std::vector<int64_t>& seeds);

}  // namespace gan
