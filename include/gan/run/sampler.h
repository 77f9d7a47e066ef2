#pragma once

#include <vector>

#include "gan/models/latent.h"
#include "gan/networks/network.h"

namespace gan {

/// The images that `generator` makes of `latents` [N, latent_size]: uint8 [N, C, H, W], on the CPU.
at::Tensor sample_images(const Network& generator, const at::Tensor& latents);

/// The images that `generator` makes of these seeds' latents, by which a sample is named.
at::Tensor sample_seeds(const Network& generator, Noise noise, int64_t latent_size, const std::vector<int64_t>& seeds);

/// Seed of the first sample that is judged, in training and by gan-eval.
constexpr int64_t kFirstJudgedSeed = 1'000'000;

/// The `count` seeds from `first_seed` on.
std::vector<int64_t> seeds_from(int64_t first_seed, int64_t count);

/// Of the `count * factor` seeds from `first_seed` on, the `count` whose images the discriminator takes most for real,
/// the best first.
std::vector<int64_t> nice_seeds(const Network& generator, const Network& discriminator, Noise noise,
                                int64_t latent_size, int64_t first_seed, int64_t count, int64_t factor);

}  // namespace gan
