#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gan/images/grid.h"
#include "gan/models/model.h"
#include "gan/sampling/nice.h"

namespace gan {

/// The images that the model makes of latents [N, latents().size()]: uint8 [N, C, H, W], on the CPU.
at::Tensor sample_images(const Model& model, const at::Tensor& latents);

/// A part of latents that is set rather than drawn from a seed: the i-th latent has the values of row i modulo their
/// number. Labels 3 and 5 as a part: {"label", one_hot_rows(...)}.
struct SetPart {
  std::string name;
  at::Tensor values;  ///< float [N, size of the part]
};

/// What is done to latents before samples are made of them: first the truncation, then the parts.
struct LatentChanges {
  std::optional<double> truncation;  ///< see LatentSpace::truncated
  std::vector<SetPart> parts;
};

/// Latents, made some at a time, since those of millions of samples fill no memory.
struct Latents {
  int64_t count = 0;
  std::function<at::Tensor(int64_t begin, int64_t count)> rows;  ///< float [count, size]
};
Latents latents_of_seeds(const LatentSpace& space, const std::vector<int64_t>& seeds,
                         const LatentChanges& changes = {});
Latents latents_of_rows(const LatentSpace& space, const at::Tensor& rows, const LatentChanges& changes = {});

/// Some samples: the index of the first, their latents [n, size], and images, uint8 [n, C, H, W].
struct Samples {
  int64_t begin = 0;
  at::Tensor latents, images;
};

/// Draws samples, a thousand at a time, and hands them on. Throws Error for a part that the latents lack.
using TakeSamples = std::function<void(const Samples&)>;
void draw_samples(const Model& model, const Latents& latents, const TakeSamples& take);

/// All of them: uint8 [seeds, C, H, W], on the CPU.
at::Tensor sample_seeds(const Model& model, const std::vector<int64_t>& seeds);

/// What the model makes of the latents that its encoder reads off images. Both uint8 [N, C, H, W].
at::Tensor reconstructed(const Model& model, const at::Tensor& images);

/// Seed of the first sample that is judged, in training and by gan-eval.
constexpr int64_t kFirstJudgedSeed = 1'000'000;

/// The `count` seeds from `first_seed` on.
std::vector<int64_t> seeds_from(int64_t first_seed, int64_t count);

/// A grid with a row for each class of the latents' first one-hot part; `otherwise` if there is none, or too many.
GridShape grid_of_classes(const LatentSpace& latents, GridShape otherwise);

/// The seeds from `first_seed` on that fill a grid, in its order. If the latents have a one-hot part with as many
/// classes as the grid has rows, each row shows a class.
std::vector<int64_t> grid_seeds(const LatentSpace& latents, int64_t first_seed, GridShape grid);

/// Chooses `count` of the `count * factor` seeds from `first_seed` on: by `rank` those whose images D rates most
/// realistic, the best first; by `typical` those of `typical_among` (nice.h), in rising order, from up to 40,000
/// candidates at a time. Memory does not grow with `factor`.
///
/// Parts that are set have one value for all.
std::vector<int64_t> nice_seeds(const Model& model, int64_t first_seed, int64_t count, int64_t factor, NiceBy by,
                                const LatentChanges& changes = {});

}  // namespace gan
