#pragma once

#include "gan/sampling/sampler.h"

namespace gan {

/// The latents whose samples come nearest to images.
struct Projection {
  at::Tensor latents;  ///< float [N, size]
  at::Tensor errors;   ///< float [N]: mean squared error of pixels in [0, 1]
};

using TellCount = std::function<void(int64_t done, int64_t all)>;

/// Inverts a generator that has no encoder (Lipton and Tripathi 2017, arXiv:1702.04782). Each image starts from its
/// four nearest of a thousand samples, those of the seeds from `first_seed` on with `changes`; Adam then moves their
/// noise along the gradient of the mean squared error, and the nearest point on all four ways is kept. One-hot parts,
/// and those that are set, stay as they were; uniform ones stay in [-1, 1]. `images`: uint8 [N, C, H, W] of the model's
/// shape. `tell` is called every few images. On the model's device; throws Stopped (base/stop.h).
Projection project(const Model& model, const at::Tensor& images, int64_t first_seed, const LatentChanges& changes,
                   const TellCount& tell);

}  // namespace gan
