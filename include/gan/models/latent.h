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

/// What a seed's latent is drawn from.
struct LatentSource {
  Noise noise = Noise::normal;
  int64_t size = 100;  ///< numbers in a latent
};

/// The latent of each seed, float [seeds, size], on the CPU: the same numbers on every machine, whichever the others
/// are.
at::Tensor latents_of_seeds(const LatentSource& source, const std::vector<int64_t>& seeds);

}  // namespace gan
